import { sleep } from '@millrace/core';
import type { Redis } from 'ioredis';
import { Cluster } from '../connection/cluster.js';
import { ClusterConnection, FOLLOW_FOR_MS } from '../connection/cluster-connection.js';
import { slotOf } from '../connection/cluster-map.js';
import { isRefused } from '../connection/cluster-refusal.js';
import { isConnected } from '../connection/connection.js';
import type { ConnectionSettings } from '../connection/create-connection.js';
import { HOME_SLOT } from '../connection/open-cluster.js';
import { StreamError } from '../errors.js';
import { checkServer, type ServerDemands, type ServerFacts } from '../redis-server/server-check.js';
import { type OnProblems, problemsOf, ServerWatch } from '../redis-server/server-watch.js';
import { defineScripts, type EntryFormat } from '../scripts.js';
import { createDurableWrites, type DurableWrites, WaitingRounds } from './durable-writes.js';

const PAUSE_MS = 50;
/** For how long what a node says of itself is taken for all of its slots, in ms. */
const SHARED_FOR_MS = 500;

/** How to connect, and what to write. */
type ClusterWriteSettings = ConnectionSettings & { readonly entryFormat: EntryFormat };

/** What is written to one slot, and whether its owner keeps it. */
interface SlotWriter {
  readonly redis: ClusterConnection;
  readonly watch: ServerWatch;
  readonly writes: DurableWrites;
}

/**
 * Durable writes to a cluster. Each slot that is written to has its own watch over whoever has it: a confirmation counts on
 * the connection alone over which the write went, so not after the slot has changed hands. The slots of a node share its
 * connection, and so the waits, which block it, and the questions what it is.
 */
export class ClusterWrites implements DurableWrites {
  readonly #cluster: Cluster;
  readonly #entryFormat: EntryFormat;
  readonly #demands: ServerDemands;
  readonly #onProblems: OnProblems;
  readonly #writers = new Map<number, SlotWriter>();
  readonly #rounds = new WeakMap<Redis, WaitingRounds>();
  readonly #checks = new WeakMap<Redis, Promise<ServerFacts>>();
  #told = '';

  constructor(settings: ClusterWriteSettings, demands: ServerDemands, onProblems: OnProblems) {
    this.#cluster = new Cluster(settings);
    this.#entryFormat = settings.entryFormat;
    this.#demands = demands;
    this.#onProblems = onProblems;
    this.#writerOf(HOME_SLOT);
  }

  /** Why nothing can be promised of the home partition, or of what else has been written to; none when it can. */
  problems(): readonly string[] {
    const home = this.#writerOf(HOME_SLOT);
    if (!isConnected(home.redis)) return ['Redis is not connected'];
    const watched = [...this.#writers.values()].filter((one) => one === home || one.watch.isKnown);
    return [...new Set(watched.flatMap(({ watch }) => problemsOf(watch)))];
  }

  run(...call: Parameters<DurableWrites['run']>): Promise<unknown> {
    return this.#write(call[1], (writes) => writes.run(...call));
  }

  runForBytes(...call: Parameters<DurableWrites['runForBytes']>): Promise<unknown> {
    return this.#write(call[1], (writes) => writes.runForBytes(...call));
  }

  /** What is refused is written again for a while: to the new owner, once that has been looked at. */
  async #write(keys: readonly string[], write: (writes: DurableWrites) => Promise<unknown>): Promise<unknown> {
    const { writes, watch } = this.#writerOf(slotOf(keys[0] ?? ''));
    const giveUpAt = performance.now() + FOLLOW_FOR_MS;
    let mayWait = !watch.wasEverKnown;
    for (;;) {
      while (mayWait && !watch.isKnown && performance.now() < giveUpAt) await sleep(PAUSE_MS * Math.random());
      try {
        return await write(writes);
      } catch (error) {
        if (!(error instanceof StreamError && isRefused(error.cause)) || performance.now() > giveUpAt) throw error;
      }
      mayWait = true;
      await sleep(PAUSE_MS * (0.5 + Math.random()));
    }
  }

  close(): void {
    this.#cluster.close();
    for (const { redis, watch } of this.#writers.values()) {
      watch.stop();
      redis.disconnect();
    }
  }

  #writerOf(slot: number): SlotWriter {
    const known = this.#writers.get(slot);
    if (known !== undefined) return known;
    const redis = new ClusterConnection(this.#cluster, 'writes', slot, () => undefined);
    defineScripts(redis, this.#entryFormat);
    const check = () => this.#check(redis.homeConnection ?? redis);
    const watch = new ServerWatch(redis, check, undefined, () => this.#tell());
    const roundsNow = () => this.#roundsOf(redis.homeConnection);
    const writer = { redis, watch, writes: createDurableWrites(redis, watch, this.#demands.replicas, roundsNow) };
    this.#writers.set(slot, writer);
    return writer;
  }

  #roundsOf(node: Redis | undefined): WaitingRounds | undefined {
    if (node === undefined) return undefined;
    const known = this.#rounds.get(node) ?? new WaitingRounds(node, this.#demands.replicas);
    this.#rounds.set(node, known);
    return known;
  }

  #check(node: Redis): Promise<ServerFacts> {
    const known = this.#checks.get(node);
    if (known !== undefined) return known;
    const check = checkServer(node, this.#demands);
    const forget = () => {
      clearTimeout(timer);
      node.off('close', forget);
      this.#checks.delete(node);
    };
    const timer = setTimeout(forget, SHARED_FOR_MS).unref();
    // The next connection may lead to another server.
    node.once('close', forget);
    this.#checks.set(node, check);
    return check;
  }

  #tell(): void {
    const problems = [...new Set([...this.#writers.values()].flatMap(({ watch }) => watch.problems))];
    const text = problems.join('; ');
    if (text === this.#told) return;
    this.#told = text;
    this.#onProblems(problems);
  }
}
