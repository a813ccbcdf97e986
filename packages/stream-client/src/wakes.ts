import { sleep } from '@millrace/core';
import type { Redis } from 'ioredis';
import { ClusterConnection } from './cluster-connection.js';
import { isConnected } from './connection.js';
import type { Stream } from './stream.js';
import { openSubscription } from './subscription.js';
import type { WakeWord } from './wake-readers.js';

/** A subscription to the wake-ups of partitions, on one connection to each node however many they are. */
export interface Wakes {
  /** Listens to these partitions as well. */
  add(streams: readonly Stream[]): Promise<void>;
  isReady(): boolean;
  close(): Promise<void>;
}

export interface WakeListener {
  onWake(stream: Stream, word: WakeWord): void;
  /** Wake-ups of a partition may have been missed: nobody was subscribed to them for a while. */
  onGap(stream: Stream): void;
}

/** How often it is made sure that the connection is there still, in ms. */
const CHECK_EVERY_MS = 5_000;
/** Pause before a subscription that failed is asked for again, in ms. */
const SUBSCRIBE_AGAIN_MS = 250;

/** Listens until it is closed. Throws STREAM_UNAVAILABLE when Redis does not let it in. */
export async function openWakes(streams: readonly Stream[], listener: WakeListener): Promise<Wakes> {
  const [first] = streams;
  if (first === undefined) throw new Error('there is at least one partition');
  const byChannel = new Map(streams.map((stream) => [stream.keys.wake, stream]));
  const channels = () => [...byChannel.keys()];
  const stopping = new AbortController();
  const subscription = await openSubscription(first);
  const { redis } = subscription;
  redis.on('smessage', (channel: string, word: string) => {
    const stream = byChannel.get(channel);
    if (stream !== undefined) listener.onWake(stream, word === 'later' ? 'later' : 'new');
  });
  try {
    await subscribe(redis, channels());
  } catch (error) {
    subscription.close();
    throw error;
  }
  // What was put in while there was no subscription is found by looking.
  const tellGap = (names: readonly string[]) => {
    for (const name of names) {
      const stream = byChannel.get(name);
      if (stream !== undefined) listener.onGap(stream);
    }
  };
  if (redis instanceof ClusterConnection) redis.on('resubscribed', tellGap);
  else keepSubscribed(redis, channels, tellGap, stopping.signal);
  return {
    add: async (added) => {
      for (const stream of added) byChannel.set(stream.keys.wake, stream);
      // Where it fails, all are subscribed to over the next connection.
      const channels = added.map(({ keys }) => keys.wake);
      await subscribe(redis, channels).catch(() => redis.disconnect(true));
    },
    isReady: () => isConnected(redis),
    close: async () => {
      stopping.abort();
      subscription.close();
    },
  };
}

/** One by one, since in a cluster each may be at another node; they travel together all the same. */
async function subscribe(redis: Redis, channels: readonly string[]): Promise<void> {
  await Promise.all(channels.map((channel) => redis.ssubscribe(channel)));
}

/** Subscribes anew over each new connection, and sees to it that there is one. A cluster's connections do so themselves. */
function keepSubscribed(
  redis: Redis,
  channels: () => readonly string[],
  tellGap: (channels: readonly string[]) => void,
  signal: AbortSignal,
): void {
  let isRenewing = false;
  const renew = async () => {
    if (isRenewing) return;
    isRenewing = true;
    while (isConnected(redis) && !signal.aborted) {
      const names = channels();
      const isThere = await subscribe(redis, names).then(
        () => true,
        () => false,
      );
      if (isThere) {
        tellGap(names);
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
async function checkUntilStopped(redis: Redis, channels: () => readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(CHECK_EVERY_MS, signal);
    if (signal.aborted || !isConnected(redis)) continue;
    await subscribe(redis, channels().slice(0, 1)).catch(() => redis.disconnect(true));
  }
}
