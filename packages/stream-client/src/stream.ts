import type { Redis } from 'ioredis';
import type { ConnectionSettings } from './connection/connection.js';
import type { Durability } from './durability.js';
import type { Keys } from './keys.js';
import type { OnProblems } from './redis-server/server-watch.js';
import type { EntryFormat } from './scripts.js';
import type { DurableWrites } from './writes/durable-writes.js';

/** Everything about a stream that a deployment decides. */
export interface StreamSettings extends ConnectionSettings {
  /** Front of every key. Deployments that share a Redis use different ones. Default `millrace`. */
  readonly namespace: string;
  /** Default `fsync`. */
  readonly durability: Durability;
  /** How many replicas must have a write before it counts as made; with `replicated` alone. Default 1. */
  readonly replicas: number;
  /** In which format entries are written, and the shortest records. 1 while processes of a release are about that reads no other. Default 2. */
  readonly entryFormat: EntryFormat;
  /** How long an identity is remembered after its event is finished, in ms: a repeat within it is a duplicate. Default 1 h. */
  readonly identityTtlMs: number;
  /** How long a record can be read after its event is finished, in ms. At least `identityTtlMs`. Default 24 h. */
  readonly recordTtlMs: number;
}

/** The settings that have to be given: where Redis is. */
export type StreamOptions = Pick<StreamSettings, 'redisUrl'> &
  Partial<StreamSettings> & {
    /** Told when Redis begins or ceases to keep what the durability promises, after a reconnect or while it runs. */
    readonly onProblems?: OnProblems;
  };

/** What all partitions of a deployment share in one process: the settings, and the connections for short commands. */
export interface Link {
  readonly settings: StreamSettings;
  readonly redis: Redis;
  /** What a promise rests on is written through these. */
  readonly writes: DurableWrites;
  /** Why nothing can be promised at this moment, for people; none when it can. Does not wait. */
  problems(): readonly string[];
  /** Whether Redis is connected and fit for what is promised, as far as this side knows. Does not wait. */
  isReady(): boolean;
  /** Closes the connections. Commands still unanswered reject. */
  close(): Promise<void>;
}

/** One partition's stream: its keys, over a link. Closing it closes the link. */
export interface Stream extends Link {
  readonly keys: Keys;
  /** Whether readers are told of new entries, since none of them waits in a read: where there are several partitions. */
  readonly wakesReaders: boolean;
}
