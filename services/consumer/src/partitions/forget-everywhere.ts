import { forgetConsumer, type Partitions } from '@millrace/stream-client';

/** Partitions that are asked at once. */
const MAX_AT_ONCE = 64;

/** Removes a consumer's name from all groups in which it holds nothing. */
export async function forgetEverywhere({ all }: Pick<Partitions, 'all'>, consumer: string): Promise<void> {
  for (let at = 0; at < all.length; at += MAX_AT_ONCE)
    await Promise.all(all.slice(at, at + MAX_AT_ONCE).map((stream) => forgetConsumer(stream, consumer, 0)));
}
