import { setImmediate as nextTurn } from 'node:timers/promises';
import { shuffle, sleep } from '@millrace/core';
import type { Entry, MalformedEntry } from './codec.js';
import type { EntrySource } from './read.js';
import { readNew } from './read.js';
import type { Stream } from './stream.js';
import type { WakeWord } from './wake-readers.js';
import { openWakes } from './wakes.js';

/** Entries of many partitions. No read waits in Redis: it is asked when there is a reason to. */
export interface PartitionSource extends EntrySource {
  /** Makes the next read ask this partition. */
  notice(stream: Stream): void;
  /** Asks these partitions as well. */
  add(streams: readonly Stream[]): Promise<void>;
}

export interface PartitionSourceOptions {
  /** How long a read waits at most, in ms. */
  readonly waitMs: number;
  readonly random: () => number;
  /** Told of every wake-up, and of a `gap` when some of this partition may have been missed. */
  readonly onWake: (stream: Stream, heard: WakeWord | 'gap') => void;
}

/** Partitions that one read asks at once. */
const MAX_ASKED = 16;

/**
 * Opens a source over many partitions, with one connection more however many they are. Partitions that were told of, or are
 * noticed, are asked until they have no more, each read from where the one before stopped, and the first from anywhere:
 * so consumers spread over them.
 */
export async function openPartitionSource(
  given: readonly Stream[],
  consumer: string,
  { waitMs, random, onWake }: PartitionSourceOptions,
): Promise<PartitionSource> {
  const streams = [...given];
  const noticed = new Set<Stream>(shuffle(streams, random));
  let alarm = new AbortController();
  let isWoken = false;
  let turn = Math.floor(random() * streams.length);

  const notice = (stream: Stream) => {
    noticed.add(stream);
    alarm.abort();
  };
  const wakes = await openWakes(streams, {
    onWake: (stream, word) => {
      if (word === 'new') notice(stream);
      onWake(stream, word);
    },
    onGap: (stream) => onWake(stream, 'gap'),
  });

  const ask = async (maxCount: number): Promise<readonly (Entry | MalformedEntry)[]> => {
    // Those that were asked last stand last: a set keeps the order in which it was filled.
    const asked = [...noticed].slice(0, Math.min(MAX_ASKED, maxCount));
    for (const stream of asked) noticed.delete(stream);
    const share = Math.floor(maxCount / asked.length);
    const replies = await Promise.allSettled(asked.map((stream) => readNew(stream, consumer, share)));
    const found: (Entry | MalformedEntry)[] = [];
    let failure: PromiseRejectedResult | undefined;
    replies.forEach((reply, at) => {
      const stream = asked[at] as Stream;
      if (reply.status === 'rejected') failure = reply;
      else for (const entry of reply.value) found.push(entry);
      if (reply.status === 'rejected' || reply.value.length === share) noticed.add(stream);
    });
    // What was read is to be handled; the failure comes again with the next read if it lasts.
    if (found.length === 0 && failure !== undefined) throw failure.reason;
    return found;
  };

  /** Shows that Redis can be read, where there is no other reason to. */
  const askOne = (maxCount: number) => {
    turn = (turn + 1) % streams.length;
    const stream = streams[turn];
    if (stream !== undefined) noticed.add(stream);
    return ask(maxCount);
  };

  return {
    async read(maxCount) {
      const until = performance.now() + waitMs;
      while (!isWoken) {
        if (noticed.size > 0) {
          const entries = await ask(maxCount);
          if (entries.length > 0) return entries;
          // Where each partition fails or is empty at once, others still get their turn.
          await nextTurn();
          continue;
        }
        alarm = new AbortController();
        await sleep(Math.max(0, until - performance.now()), alarm.signal);
        if (!isWoken && noticed.size === 0 && performance.now() >= until) return askOne(maxCount);
      }
      isWoken = false;
      return [];
    },
    notice,
    add: async (added) => {
      streams.push(...added);
      await wakes.add(added);
      for (const stream of shuffle(added, random)) notice(stream);
    },
    wake: async () => {
      isWoken = true;
      alarm.abort();
    },
    isReady: () => wakes.isReady(),
    close: () => wakes.close(),
  };
}
