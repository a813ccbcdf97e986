import type { Redis } from 'ioredis';
import { decodeEntry, decodeFlat, type Entry, type MalformedEntry, toFields } from '../codec.js';
import { closeConnection, isConnected, openConnection, send } from '../connection/connection.js';
import { GROUP, type Keys } from '../keys.js';
import { runScriptForBytes } from '../scripts.js';
import type { Stream } from '../stream.js';

/**
 * Where new entries come from. The port behind which waiting is hidden: on a single Redis a read that blocks, on a
 * cluster (where one read cannot span slots) a wake-up and a sweep.
 */
export interface EntrySource {
  /**
   * Waits for new entries, for a bounded time, and returns at most `maxCount` of them; none when the time is up or the
   * source is woken. What it returns is pending under this consumer, with delivery count 1. Throws STREAM_GROUP_MISSING
   * when the group is gone, STREAM_UNAVAILABLE when Redis is.
   */
  read(maxCount: number): Promise<readonly (Entry | MalformedEntry)[]>;
  /** Whether it knows of more than the last read gave. Left out, nobody knows. */
  hasMore?(): boolean;
  /** Ends a read that is waiting, without losing what it may have been given already. */
  wake(): Promise<void>;
  isReady(): boolean;
  close(): Promise<void>;
}

/** Opens a source that blocks in XREADGROUP for up to `blockMs`, on a connection of its own. */
export async function openBlockingSource(stream: Stream, consumer: string, blockMs: number): Promise<EntrySource> {
  const { settings, keys } = stream;
  const redis = await openConnection(settings, 'blocking');
  let clientId = await send('CLIENT ID', redis.client('ID')).catch((error: unknown) => {
    closeConnection(redis);
    throw error;
  });
  redis.on('ready', () => {
    // A new connection has a new id. Until it is known, waking has no effect and the read ends by itself.
    clientId = 0;
    void redis.client('ID').then(
      (id) => {
        clientId = id;
      },
      () => {
        clientId = 0;
      },
    );
  });
  return {
    read: (maxCount) => awaitNew(redis, keys, consumer, maxCount, blockMs),
    // A read that is blocked when its connection closes could still be given an entry; so it is ended first.
    wake: async () => {
      if (clientId !== 0 && stream.isReady()) await send('CLIENT UNBLOCK', stream.redis.client('UNBLOCK', clientId));
    },
    isReady: () => isConnected(redis),
    close: async () => closeConnection(redis),
  };
}

/** What is new in a partition, without waiting for anything. */
export function readNew({ redis, keys }: Stream, consumer: string, maxCount: number) {
  return askNew(redis, keys, ['GROUP', GROUP, consumer, 'COUNT', maxCount]);
}

function awaitNew(redis: Redis, keys: Keys, consumer: string, maxCount: number, blockMs: number) {
  return askNew(redis, keys, ['GROUP', GROUP, consumer, 'COUNT', maxCount, 'BLOCK', blockMs]);
}

async function askNew(redis: Redis, keys: Keys, how: readonly (string | number)[]) {
  const command = redis.callBuffer('XREADGROUP', ...how, 'STREAMS', keys.events, '>');
  const reply = (await send('XREADGROUP', command)) as [Buffer, [Buffer, Buffer[]][]][] | null;
  const entries = reply?.[0]?.[1] ?? [];
  return entries.map(([id, flat]) => decodeFlat(keys, id.toString(), { deliveryCount: 1, wasHeld: false }, flat));
}

/** What a sweep over the pending entries found. */
export interface Claimed {
  readonly entries: readonly (Entry | MalformedEntry)[];
  /** Where the next sweep goes on. */
  readonly cursor: string;
  /** Pending entries whose bodies are gone from the stream: lost events. Reported once, here. */
  readonly lostIds: readonly string[];
  /** Entries that were seen with more starts than `mostStarts`, and left as they were. */
  readonly left: number;
  /** Redis' time, in ms. Farther from the expected one than it may be off, nothing was claimed. */
  readonly redisMs: number;
  /** How many consumers the group has; those that died are among them until they are forgotten. */
  readonly consumers: number;
}

/** Which entries a sweep takes. */
export interface ClaimOptions {
  /** Entries that nobody has renewed for this long, in ms. */
  readonly minIdleMs: number;
  /** Where the sweep before this one stopped; `FIRST_CURSOR` to begin. */
  readonly cursor: string;
  readonly maxCount: number;
  /** Entries that have been started more often without coming to an end are left to others. Default: none is left. */
  readonly mostStarts?: number;
  /** Redis' time as the caller has it, and how far it may be off, in ms. Left out, any time will do. */
  readonly expected?: { readonly redisMs: number; readonly toleranceMs: number };
}

/** The cursor of the first sweep. */
export const FIRST_CURSOR = '0-0';

/**
 * Takes over entries that nobody has renewed for a while, this consumer's own included (a read whose reply was lost
 * leaves such). Each comes with the delivery count under which it is now held.
 */
export async function claimIdle(stream: Stream, consumer: string, options: ClaimOptions): Promise<Claimed> {
  const { keys, redis } = stream;
  const { minIdleMs, cursor, maxCount, mostStarts = Number.MAX_SAFE_INTEGER, expected } = options;
  const args = [GROUP, consumer, minIdleMs, cursor, maxCount, mostStarts];
  args.push(Math.round(expected?.redisMs ?? 0), expected?.toleranceMs ?? 0);
  const reply = await runScriptForBytes(redis, 'claim', [keys.events, keys.counters], args);
  const [next, entries, lost, left, redisMs, consumers] = reply as [
    Buffer,
    [Buffer, number, Buffer[]][],
    Buffer[],
    number,
    number,
    number,
  ];
  return {
    entries: entries.map(([id, deliveryCount, flat]) =>
      decodeEntry(keys, id.toString(), { deliveryCount, wasHeld: true }, toFields(flat)),
    ),
    cursor: next.toString(),
    lostIds: lost.map(String),
    left,
    redisMs,
    consumers,
  };
}
