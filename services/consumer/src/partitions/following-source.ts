import { type EntrySource, openBlockingSource, openPartitionSource, type Stream } from '@millrace/stream-client';

/** Entries of however many partitions there are. */
export interface FollowingSource extends EntrySource {
  /** Makes the next read ask this partition; of no effect while there is one. */
  notice(stream: Stream): void;
  /** Reads these as well, from the next read on. Throws STREAM_UNAVAILABLE; then nothing has changed. */
  add(streams: readonly Stream[]): Promise<void>;
}

export type FollowingOptions = Parameters<typeof openPartitionSource>[2];

/**
 * Opens a source that waits in Redis while there is one partition, and goes over to wake-ups when others are added: it ends
 * the read that waits, without losing what that may have been given.
 */
export async function openFollowingSource(
  streams: readonly Stream[],
  consumer: string,
  options: FollowingOptions,
): Promise<FollowingSource> {
  const known = [...streams];
  const [first] = known;
  if (first === undefined) throw new Error('there is at least one partition');
  let single = known.length > 1 ? undefined : await openBlockingSource(first, consumer, options.waitMs);
  let many = single === undefined ? await openPartitionSource(known, consumer, options) : undefined;
  let waiting: Promise<unknown> = Promise.resolve();

  const current = (): EntrySource => {
    const source = many ?? single;
    if (source === undefined) throw new Error('one of the two is there always');
    return source;
  };
  return {
    read: (maxCount) => {
      const read = current().read(maxCount);
      if (many === undefined) waiting = read.catch(ignore);
      return read;
    },
    hasMore: () => current().hasMore?.() ?? false,
    notice: (stream) => many?.notice(stream),
    add: async (added) => {
      if (many === undefined) many = await openPartitionSource([...known, ...added], consumer, options);
      else await many.add(added);
      known.push(...added);
      const before = single;
      single = undefined;
      await before?.wake().catch(ignore);
      await waiting;
      await before?.close();
    },
    wake: () => current().wake(),
    isReady: () => current().isReady(),
    close: async () => {
      await single?.close();
      await many?.close();
    },
  };
}

/** Whoever reads is told. A read that cannot be woken ends by itself. */
function ignore(): void {}
