import { isConnected } from '../connection/connection.js';
import { openSubscription } from '../connection/subscription.js';
import type { Stream } from '../stream.js';
import type { WakeWord } from '../writes/wake-readers.js';

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

/** Listens until it is closed. Throws STREAM_UNAVAILABLE when Redis does not let it in. */
export async function openWakes(streams: readonly Stream[], listener: WakeListener): Promise<Wakes> {
  const [first] = streams;
  if (first === undefined) throw new Error('there is at least one partition');
  const byChannel = new Map(streams.map((stream) => [stream.keys.wake, stream]));
  const subscription = await openSubscription(first);
  const { redis } = subscription;
  redis.on('smessage', (channel: string, word: string) => {
    const stream = byChannel.get(channel);
    if (stream !== undefined) listener.onWake(stream, word === 'later' ? 'later' : 'new');
  });
  try {
    await subscription.subscribe([...byChannel.keys()]);
  } catch (error) {
    subscription.close();
    throw error;
  }
  // What was put in while there was no subscription is found by looking.
  redis.on('resubscribed', (channels: readonly string[]) => {
    for (const channel of channels) {
      const stream = byChannel.get(channel);
      if (stream !== undefined) listener.onGap(stream);
    }
  });
  return {
    add: async (added) => {
      for (const stream of added) byChannel.set(stream.keys.wake, stream);
      // Where it fails, all are subscribed to over the next connection.
      const channels = added.map(({ keys }) => keys.wake);
      await subscription.subscribe(channels).catch(() => redis.disconnect(true));
    },
    isReady: () => isConnected(redis),
    close: async () => {
      subscription.close();
    },
  };
}
