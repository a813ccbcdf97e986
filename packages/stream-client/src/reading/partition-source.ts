import { setImmediate as nextTurn } from 'node:timers/promises';
import { shuffle, sleep } from '@millrace/core';
import type { Entry, MalformedEntry } from '../codec.js';
import { StreamError } from '../errors.js';
import type { Stream } from '../stream.js';
import type { WakeWord } from '../writes/wake-readers.js';
import { NoticedPartitions } from './noticed-partitions.js';
import type { EntrySource } from './read.js';
import { readNew } from './read.js';
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
/** Of how many free places a partition is asked for, at least, where there are so many: round trips cost more than turns. */
const MIN_SHARE = 8;

/**
 * Opens a source over many partitions, with one connection more however many they are. Partitions that were told of, or are
 * noticed, are asked until they have no more, each read from where the one before stopped, and the first from anywhere:
 * so consumers spread over them. One that cannot be read keeps nobody from reading the others: a read throws for it when
 * its group is gone, or when nothing else has answered.
 */
export async function openPartitionSource(
  given: readonly Stream[],
  consumer: string,
  { waitMs, random, onWake }: PartitionSourceOptions,
): Promise<PartitionSource> {
  const streams = [...given];
  let alarm = new AbortController();
  const noticed = new NoticedPartitions(shuffle(streams, random), random, () => alarm.abort());
  let isWoken = false;
  let turn = Math.floor(random() * streams.length);
  let lastFailure: unknown;
  /** A group that is gone, found by a read that had entries to give. */
  let owed: unknown;

  const wakes = await openWakes(streams, {
    onWake: (stream, word) => {
      if (word === 'new') noticed.notice(stream);
      onWake(stream, word);
    },
    onGap: (stream) => onWake(stream, 'gap'),
  });

  const ask = async (maxCount: number) => {
    const asked = noticed.take(Math.min(MAX_ASKED, Math.ceil(maxCount / MIN_SHARE)));
    const shares = asked.map((_stream, at) => Math.floor((maxCount + asked.length - 1 - at) / asked.length));
    const replies = await Promise.allSettled(asked.map((stream, at) => readNew(stream, consumer, shares[at] ?? 1)));
    const entries: (Entry | MalformedEntry)[] = [];
    let failures = 0;
    for (const [at, stream] of asked.entries()) {
      const reply = replies[at];
      if (reply?.status === 'fulfilled') {
        entries.push(...reply.value);
        if (reply.value.length === shares[at]) noticed.notice(stream);
      } else {
        failures += 1;
        lastFailure = reply?.reason;
        if (isGroupMissing(lastFailure)) owed = lastFailure;
        noticed.rest(stream);
      }
    }
    return { entries, isAnswered: failures < asked.length };
  };

  /** Shows that Redis can be read, where there is no other reason to ask. Throws when it cannot. */
  const askOne = async (maxCount: number) => {
    for (let tries = 0; tries < streams.length; tries++) {
      turn = (turn + 1) % streams.length;
      const stream = streams[turn];
      if (stream === undefined || noticed.isResting(stream)) continue;
      noticed.notice(stream);
      const { entries, isAnswered } = await ask(maxCount);
      if (isAnswered) return entries;
      break;
    }
    throw lastFailure;
  };

  const throwOwed = () => {
    const failure = owed;
    owed = undefined;
    if (failure !== undefined) throw failure;
  };

  return {
    async read(maxCount) {
      const until = performance.now() + waitMs;
      let isAnswered = false;
      while (!isWoken) {
        throwOwed();
        if (noticed.size > 0) {
          const answer = await ask(maxCount);
          isAnswered ||= answer.isAnswered;
          if (answer.entries.length > 0 || (isAnswered && performance.now() >= until)) return answer.entries;
          // Where each partition fails or is empty at once, others still get their turn.
          await nextTurn();
          continue;
        }
        alarm = new AbortController();
        await sleep(Math.max(0, until - performance.now()), alarm.signal);
        if (isWoken || noticed.size > 0 || performance.now() < until) continue;
        return isAnswered ? [] : askOne(maxCount);
      }
      isWoken = false;
      return [];
    },
    hasMore: () => noticed.size > 0,
    notice: (stream) => noticed.notice(stream),
    add: async (added) => {
      streams.push(...added);
      await wakes.add(added);
      for (const stream of shuffle(added, random)) noticed.notice(stream);
    },
    wake: async () => {
      isWoken = true;
      alarm.abort();
    },
    isReady: () => wakes.isReady(),
    close: () => {
      noticed.close();
      return wakes.close();
    },
  };
}

function isGroupMissing(error: unknown): boolean {
  return error instanceof StreamError && error.code === 'STREAM_GROUP_MISSING';
}
