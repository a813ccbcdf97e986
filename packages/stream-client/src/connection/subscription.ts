import { sleep } from '@millrace/core';
import type { Redis } from 'ioredis';
import type { Stream } from '../stream.js';
import { ClusterConnection } from './cluster-connection.js';
import { closeConnection, isConnected, openConnection } from './connection.js';

/** How often it is made sure that the connection is there still, in ms. */
const CHECK_EVERY_MS = 5_000;
/** Pause before a subscription that failed is asked for again, in ms. */
const SUBSCRIBE_AGAIN_MS = 250;

/** A connection that only listens to channels. */
export interface Subscription {
  /** Emits `smessage`; and `resubscribed` with the channels when they are subscribed to again, after a gap. */
  readonly redis: Redis;
  /** Subscribes, from now on over each new connection too. Rejects when it could not be done at once. */
  subscribe(channels: readonly string[]): Promise<void>;
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
  const channels = new Set<string>();
  const stopping = new AbortController();
  const follow = () => {
    if (redis.status === 'ready') redis.disconnect(true);
  };
  commands.on('close', follow);
  // The connections to a cluster see to it themselves, each for its node.
  if (!(redis instanceof ClusterConnection)) keepSubscribed(redis, channels, stopping.signal);
  return {
    redis,
    subscribe: async (added) => {
      for (const channel of added) channels.add(channel);
      await subscribe(redis, added);
    },
    close: () => {
      stopping.abort();
      commands.off('close', follow);
      closeConnection(redis);
    },
  };
}

/** One by one, since in a cluster each may be at another node; they travel together all the same. */
async function subscribe(redis: Redis, channels: Iterable<string>): Promise<void> {
  await Promise.all(Array.from(channels, (channel) => redis.ssubscribe(channel)));
}

/** Subscribes anew over each new connection, and sees to it that there is one. */
function keepSubscribed(redis: Redis, channels: ReadonlySet<string>, signal: AbortSignal): void {
  // What ioredis subscribes to by itself rejects where nobody hears it.
  redis.options.autoResubscribe = false;
  let isRenewing = false;
  const renew = async () => {
    if (isRenewing) return;
    isRenewing = true;
    while (isConnected(redis) && !signal.aborted) {
      const names = [...channels];
      const isThere = await subscribe(redis, names).then(
        () => true,
        () => false,
      );
      if (isThere) {
        redis.emit('resubscribed', names);
        break;
      }
      await sleep(SUBSCRIBE_AGAIN_MS * (1 + Math.random()), signal);
    }
    isRenewing = false;
  };
  redis.on('ready', () => void renew());
  void checkUntilStopped(redis, channels, signal);
}

/**
 * Nothing is ever asked over a subscription, so one that leads nowhere looks like one on which nothing happens. Subscribing
 * once more changes nothing, and has an answer.
 */
async function checkUntilStopped(redis: Redis, channels: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(CHECK_EVERY_MS, signal);
    if (signal.aborted || !isConnected(redis)) continue;
    await subscribe(redis, [...channels].slice(0, 1)).catch(() => redis.disconnect(true));
  }
}
