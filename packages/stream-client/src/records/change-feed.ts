import { openSubscription } from '../connection/subscription.js';
import type { Partitions } from '../partitions/partitions.js';

/** A subscription to the changes of records, on a connection of its own. */
export interface ChangeFeed {
  close(): Promise<void>;
}

/**
 * Calls `onRefs` with the refs of records of any partition that have just changed, from now on until it is closed; over a new connection
 * when the one it has is lost. A notification may be lost with a connection: use it to look sooner, never to count. An
 * event that was accepted has changed nothing yet. Throws STREAM_UNAVAILABLE when Redis does not let it in.
 */
export async function openChangeFeed(
  { home, all }: Pick<Partitions, 'home' | 'all'>,
  onRefs: (refs: readonly string[]) => void,
): Promise<ChangeFeed> {
  const subscription = await openSubscription(home);
  subscription.redis.on('smessage', (_channel: string, refs: string) => onRefs(refs.split(' ')));
  try {
    await subscription.subscribe(all.map(({ keys }) => keys.changes));
  } catch (error) {
    subscription.close();
    throw error;
  }
  return { close: async () => subscription.close() };
}
