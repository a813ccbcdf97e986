import type { Redis } from 'ioredis';
import { closeConnection, openConnection } from './connection.js';
import type { Stream } from './stream.js';

/** A subscription to the changes of records, on a connection of its own. */
export interface ChangeFeed {
  close(): Promise<void>;
}

/**
 * Calls `onRefs` with the refs of records that have just changed, from now on until it is closed; over a new connection
 * when the one it has is lost. A notification may be lost with a connection: use it to look sooner, never to count. An
 * event that was accepted has changed nothing yet. Throws STREAM_UNAVAILABLE when Redis does not let it in.
 */
export async function openChangeFeed(stream: Stream, onRefs: (refs: readonly string[]) => void): Promise<ChangeFeed> {
  const redis: Redis = await openConnection(stream.settings, 'commands');
  redis.on('smessage', (_channel: string, refs: string) => onRefs(refs.split(' ')));
  try {
    await redis.ssubscribe(stream.keys.changes);
  } catch (error) {
    closeConnection(redis);
    throw error;
  }
  return { close: async () => closeConnection(redis) };
}
