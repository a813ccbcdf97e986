import { sleep } from '@millrace/core';
import type { Redis } from 'ioredis';
import { isConnected } from './connection.js';
import type { Stream } from './stream.js';
import { openSubscription } from './subscription.js';
import type { WakeWord } from './wake-readers.js';

/** A subscription to the wake-ups of partitions, on one connection however many they are. */
export interface Wakes {
  /** Listens to these partitions as well. */
  add(streams: readonly Stream[]): Promise<void>;
  isReady(): boolean;
  close(): Promise<void>;
}

export interface WakeListener {
  onWake(stream: Stream, word: WakeWord): void;
  /** Wake-ups may have been missed: there was no connection for a while. */
  onGap(): void;
}

/** How often it is made sure that the connection is there still, in ms. */
const CHECK_EVERY_MS = 5_000;

/** Listens until it is closed. Throws STREAM_UNAVAILABLE when Redis does not let it in. */
export async function openWakes(streams: readonly Stream[], listener: WakeListener): Promise<Wakes> {
  const [first] = streams;
  if (first === undefined) throw new Error('there is at least one partition');
  const byChannel = new Map(streams.map((stream) => [stream.keys.wake, stream]));
  const stopping = new AbortController();
  const subscription = await openSubscription(first);
  const { redis } = subscription;
  redis.on('smessage', (channel: string, word: string) => {
    const stream = byChannel.get(channel);
    if (stream !== undefined) listener.onWake(stream, word === 'later' ? 'later' : 'new');
  });
  try {
    await subscribe(redis, [...byChannel.keys()]);
  } catch (error) {
    subscription.close();
    throw error;
  }
  redis.on('ready', () => {
    // What was put in while there was no subscription is found by looking.
    subscribe(redis, [...byChannel.keys()]).then(
      () => listener.onGap(),
      () => redis.disconnect(true),
    );
  });
  void checkUntilStopped(redis, first.keys.wake, stopping.signal);
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

/**
 * Nothing is ever asked over a subscription, so one that leads nowhere looks like one on which nothing happens. Subscribing
 * once more changes nothing, and has an answer.
 */
async function checkUntilStopped(redis: Redis, channel: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(CHECK_EVERY_MS, signal);
    if (signal.aborted || !isConnected(redis)) continue;
    await redis.ssubscribe(channel).catch(() => redis.disconnect(true));
  }
}
