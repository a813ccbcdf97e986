import type { Entry } from '../codec.js';
import { rangeOf } from '../entry-id.js';
import { GROUP } from '../keys.js';
import type { Stream } from '../stream.js';
import { GroupCommit } from '../writes/group-commit.js';

/** What is known of an effect at one moment: that it is about to be sent, or how it was answered. */
export interface EffectRecord {
  readonly entry: Pick<Entry, 'id' | 'deliveryCount' | 'ref' | 'wasHeld' | 'retry'>;
  readonly route: string;
  /** Where in the delivery it is: `0` for a route that calls one tool. */
  readonly step: string;
  /** Whether it is about to be sent. */
  readonly isStart: boolean;
  /** What is kept about it, as JSON. */
  readonly value: string;
}

/**
 * `not-owned`: another consumer has claimed the entry. `known`: the entry is held for the first time, and yet the record
 * says that this was begun or settled before, since the group was destroyed meanwhile. Either way nothing may be sent.
 */
export type RecordReply = 'recorded' | 'not-owned' | 'known';

export interface EffectRecorder {
  /**
   * Records an effect beside its event. When it resolves with `recorded`, that is as durable as the deployment asked, and
   * an effect that was about to be sent may be; with anything else it may not. Throws STREAM_UNAVAILABLE when the answer is
   * lost, STREAM_NOT_DURABLE when Redis may not keep it: then it may be recorded or not, and must not be sent.
   */
  record(effect: EffectRecord): Promise<RecordReply>;
}

/** Records effects for one consumer; concurrent ones share round trips. */
export function createEffectRecorder(stream: Stream, consumer: string): EffectRecorder {
  const commits = new GroupCommit<EffectRecord, RecordReply>({
    commit: (effects) => recordMany(stream, consumer, effects),
    sizeOf: (effect) => effect.value.length,
    maxBatch: 128,
    maxBatchBytes: 1024 * 1024,
    maxQueued: 8_192,
    maxInFlight: 2,
  });
  return { record: (effect) => commits.submit(effect) };
}

async function recordMany(stream: Stream, consumer: string, effects: readonly EffectRecord[]) {
  const keys = [stream.keys.events, ...effects.map(({ entry }) => stream.keys.record(entry.ref))];
  const args = effects.flatMap(({ entry, route, step, value, isStart }) => {
    const isFirst = isStart && !entry.wasHeld && entry.retry === undefined;
    return [entry.id, entry.deliveryCount, route, step, value, isFirst ? '1' : '0'];
  });
  return (await stream.writes.run('record-effects', keys, [
    GROUP,
    consumer,
    ...rangeOf(effects),
    ...args,
  ])) as RecordReply[];
}
