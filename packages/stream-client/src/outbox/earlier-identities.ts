import type { Stream } from '../stream.js';
import { GroupCommit } from '../writes/group-commit.js';

/** What a partition knows of an event, as an append there would have said; undefined where it knows nothing. */
export type Known = { readonly kind: 'duplicate' | 'conflict'; readonly ref: string } | undefined;

interface Lookup {
  readonly identity: string;
  readonly contentHash: string;
}

const MAX_BATCH = 128;
const MAX_QUEUED = 8_192;

/**
 * Finds events in partitions that they belonged to before the number of partitions was changed. What it finds is as durable
 * as the deployment asks. Lookups at the same time share round trips.
 */
export class EarlierIdentities {
  readonly #lookups = new Map<Stream, GroupCommit<Lookup, Known>>();

  /** Throws as durable writes do. */
  find(stream: Stream, identity: string, contentHash: string): Promise<Known> {
    const known = this.#lookups.get(stream) ?? createLookups(stream);
    this.#lookups.set(stream, known);
    return known.submit({ identity, contentHash });
  }
}

function createLookups({ writes, keys }: Stream): GroupCommit<Lookup, Known> {
  return new GroupCommit({
    commit: async (lookups) => {
      const names = [keys.counters, ...lookups.map(({ identity }) => keys.identity(identity))];
      const hashes = lookups.map(({ contentHash }) => contentHash);
      return ((await writes.run('find-identities', names, hashes)) as string[]).map(toKnown);
    },
    sizeOf: () => 1,
    maxBatch: MAX_BATCH,
    maxBatchBytes: MAX_BATCH,
    maxQueued: MAX_QUEUED,
    maxInFlight: 2,
  });
}

function toKnown(reply: string): Known {
  const [kind, ref] = reply.split(' ');
  return ref === undefined ? undefined : { kind: kind as 'duplicate' | 'conflict', ref };
}
