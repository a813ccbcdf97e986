import type { Redis } from 'ioredis';
import { closeConnection, openConnection } from './connection.js';
import type { Stream } from './stream.js';

/** A connection that only listens to channels. */
export interface Subscription {
  readonly redis: Redis;
  close(): void;
}

/**
 * Opens a connection to subscribe with. It goes where the stream's commands go: nothing is ever asked over it, so it would
 * not hear that its server has become a replica. Throws STREAM_UNAVAILABLE when Redis does not let it in.
 */
export async function openSubscription({
  settings,
  redis: commands,
}: Pick<Stream, 'settings' | 'redis'>): Promise<Subscription> {
  const redis = await openConnection(settings, 'commands');
  const follow = () => {
    if (redis.status === 'ready') redis.disconnect(true);
  };
  commands.on('close', follow);
  return {
    redis,
    close: () => {
      commands.off('close', follow);
      closeConnection(redis);
    },
  };
}
