import type { Entry } from './codec.js';
import { GroupCommit } from './group-commit.js';
import { GROUP } from './keys.js';
import type { Stream } from './stream.js';

/** An effect that is about to be sent. */
export interface EffectStart {
  readonly entry: Pick<Entry, 'id' | 'deliveryCount' | 'ref' | 'wasHeld' | 'retry'>;
  readonly route: string;
  /** Where in the delivery it is: `0` for a route that calls one tool. */
  readonly step: string;
  /** What is kept about it, as JSON. */
  readonly value: string;
}

/**
 * `not-owned`: another consumer has claimed the entry. `known`: the entry is held for the first time, and yet the record
 * says that this was begun or settled before, since the group was destroyed meanwhile. Either way nothing may be sent.
 */
export type BeginReply = 'begun' | 'not-owned' | 'known';

export interface EffectStarter {
  /**
   * Records the start of an effect beside its event. When it resolves with `begun`, the record is as durable as the
   * deployment asked, and the effect may be sent; with anything else it may not.
   * Throws STREAM_UNAVAILABLE when the answer is lost, STREAM_NOT_DURABLE when Redis may not keep it: then it may be
   * recorded or not, and must not be sent.
   */
  begin(start: EffectStart): Promise<BeginReply>;
}

/** Records starts for one consumer; concurrent ones share round trips. */
export function createEffectStarter(stream: Stream, consumer: string): EffectStarter {
  const commits = new GroupCommit<EffectStart, BeginReply>({
    commit: (starts) => beginMany(stream, consumer, starts),
    sizeOf: (start) => start.value.length,
    maxBatch: 128,
    maxBatchBytes: 1024 * 1024,
    maxQueued: 8_192,
    maxInFlight: 2,
  });
  return { begin: (start) => commits.submit(start) };
}

async function beginMany(stream: Stream, consumer: string, starts: readonly EffectStart[]) {
  const keys = [stream.keys.events, ...starts.map(({ entry }) => stream.keys.record(entry.ref))];
  const args = starts.flatMap(({ entry, route, step, value }) => {
    const isFirst = !entry.wasHeld && entry.retry === undefined;
    return [entry.id, entry.deliveryCount, route, step, value, isFirst ? '1' : '0'];
  });
  return (await stream.writes.run('begin-effects', keys, [GROUP, consumer, ...args])) as BeginReply[];
}
