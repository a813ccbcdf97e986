import { type Appender, type AppenderOptions, createAppender, guardOf } from './append.js';
import { StreamError } from './errors.js';
import type { Partitions } from './partitions.js';
import type { Stream } from './stream.js';

/** Appends that may be under way at once, over all partitions. */
const MAX_OPEN = 16_384;

/**
 * Appends each event to its partition. Concurrent appends to one partition share round trips; those of several go side by
 * side, so that a batch takes no longer than its slowest partition. Each partition has its share of the backlog limit:
 * room in one is of no use to a key of another.
 */
export function createPartitionsAppender(
  partitions: Pick<Partitions, 'home' | 'all' | 'map' | 'forEvent'>,
  options: AppenderOptions,
): Appender {
  if (partitions.all.length === 1) return createAppender(partitions.home, options);
  const share = { ...options, maxBacklog: Math.ceil(options.maxBacklog / partitions.map.active.partitions) };
  const guard = guardOf(partitions.home, options);
  const appenders = new Map<Stream, Appender>();
  let open = 0;
  const appenderOf = (stream: Stream) => {
    const known = appenders.get(stream);
    if (known !== undefined) return known;
    const made = createAppender(stream, share, guard);
    appenders.set(stream, made);
    return made;
  };
  return {
    append: async (event, contentHash) => {
      if (open >= MAX_OPEN) throw new StreamError('STREAM_OVERLOADED', `${open} writes are waiting for Redis already`);
      open += 1;
      try {
        return await appenderOf(partitions.forEvent(event)).append(event, contentHash);
      } finally {
        open -= 1;
      }
    },
    drain: async () => void (await Promise.all(Array.from(appenders.values(), (appender) => appender.drain()))),
  };
}
