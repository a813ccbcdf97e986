import { createKeys, type Keys } from '@millrace/stream-client';
import { EventLog, type LogEntry } from './event-log.ts';
import type { RedisNode } from './node.ts';
import { SortedSet } from './sorted-set.ts';

/** A record, by its fields. */
export type RecordFields = Map<string, string>;

/** A reader that waits for entries. */
interface BlockedReader {
  readonly consumer: string;
  readonly maxCount: number;
  readonly deliver: (entries: readonly LogEntry[]) => void;
}

/** What one partition has in Redis, as the scripts of `packages/stream-client/lua` keep it. */
export class Partition {
  readonly keys: Keys;
  readonly log = new EventLog();
  readonly due = new SortedSet();
  readonly queued = new SortedSet();
  readonly lanes = new Map<string, string[]>();
  readonly records = new Map<string, RecordFields>();
  readonly consumers = new Map<string, { seenAt: number }>();
  seq = 0;
  backlog = 0;
  deadLetters = 0;
  lanesFilled = '0-0';
  /** Of the deployment, and so in partition 0 alone: epoch, how many partitions, and so on. */
  map: readonly string[] = [];
  #blocked: BlockedReader[] = [];

  readonly node: RedisNode;
  /** Told of every event that has come to its end. */
  readonly onFinished: (ref: string) => void;

  constructor(node: RedisNode, number: number, onFinished: (ref: string) => void) {
    this.node = node;
    this.onFinished = onFinished;
    this.keys = createKeys('millrace', String(number));
  }

  /** Redis' clock, in whole ms since the epoch. */
  get now(): number {
    return Math.floor(this.node.time.epochMs);
  }

  record(ref: string): RecordFields {
    let record = this.records.get(ref);
    if (record === undefined) {
      record = new Map();
      this.records.set(ref, record);
    }
    return record;
  }

  /** Appends an entry. Those who wait for one get it once the command is over. */
  add(fields: readonly Buffer[], ref?: string): LogEntry {
    return this.log.add(this.now, (id) => ref ?? `${this.keys.partition}-${id}`, fields);
  }

  /** After a command: whoever has waited longest gets as much of what there is as he asked for, then the next. */
  serveBlocked(): void {
    while (this.log.unread > 0) {
      const reader = this.#blocked.shift();
      if (reader === undefined) return;
      reader.deliver(this.read(reader.consumer, reader.maxCount));
    }
  }

  read(consumer: string, maxCount: number): LogEntry[] {
    const entries = this.log.readNext(consumer, maxCount, this.now);
    this.seen(consumer);
    if (entries.length === 0) return entries;
    const { deliver } = this.node.costs;
    this.node.step(deliver);
    this.node.spend(entries.length * deliver.each);
    this.node.write();
    return entries;
  }

  /** A read that waits until there is something. Returns what ends it. */
  block(reader: BlockedReader): () => void {
    this.#blocked.push(reader);
    return () => {
      this.#blocked = this.#blocked.filter((one) => one !== reader);
    };
  }

  seen(consumer: string): void {
    this.consumers.set(consumer, { seenAt: this.now });
  }

  acknowledge(entry: LogEntry): void {
    this.log.acknowledge(entry, (gone) => this.#forget(gone.ref));
    this.backlog -= 1;
  }

  finish(ref: string): void {
    this.record(ref).set('finished', String(this.now));
    this.onFinished(ref);
    // Its own entry is gone already where this was a retry.
    if (this.log.find(ref.slice(ref.indexOf('-') + 1)) === undefined) this.records.delete(ref);
  }

  #forget(ref: string): void {
    if (this.records.get(ref)?.has('finished')) this.records.delete(ref);
  }
}
