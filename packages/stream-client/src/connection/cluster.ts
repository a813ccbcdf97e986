import { shuffle, withDeadline } from '@millrace/core';
import type { Redis } from 'ioredis';
import { ClusterMap, nameOf } from './cluster-map.js';
import type { NodeAddress, Refusal } from './cluster-refusal.js';
import {
  type ConnectionSettings,
  type ConnectionUse,
  closeConnection,
  createConnection,
  ignoreConnectionError,
} from './create-connection.js';

/** How often a node is asked who has which slot, in ms: when all is well, and when something is not. */
const LOOK_EVERY_MS = 10_000;
const LOOK_AGAIN_EVERY_MS = 250;
/** Longest wait for one node's answer, in ms. The next one is asked then. */
const ANSWER_WITHIN_MS = 1_000;
/** How long a connection that nobody uses is kept, in ms: longer than an answer is waited for. */
const KEEP_MS = 5_000;

/** A connection to one node that somebody uses, perhaps together with others. */
export interface LentConnection {
  readonly address: NodeAddress;
  readonly redis: Redis;
  /** Answers that are still on their way arrive: it is closed a while after the last user has given it back. */
  giveBack(): void;
}

/** Somebody who follows the map. */
export interface MapUser {
  /** Whether it is where it wants to be. */
  readonly isThere: boolean;
  /** The map may have changed. */
  steer(): void;
}

interface SharedConnection {
  readonly redis: Redis;
  users: number;
  closing: NodeJS.Timeout | undefined;
  isBeingChecked: boolean;
}

/**
 * A Redis Cluster, as one process sees it: the map of its slots, kept fresh, and one connection to each node and for each
 * use, opened when first wanted, however many partitions are on the node.
 */
export class Cluster {
  readonly map = new ClusterMap();
  readonly #settings: ConnectionSettings;
  readonly #shared = new Map<string, SharedConnection>();
  readonly #users = new Set<MapUser>();
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #obstacle = '';
  #isClosed = false;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  /** Why the last question was not answered, for people; empty when it was. */
  get obstacle(): string {
    return this.#obstacle;
  }

  join(user: MapUser): void {
    this.#users.add(user);
    user.steer();
    this.lookAgain();
  }

  leave(user: MapUser): void {
    this.#users.delete(user);
  }

  /** Reads block their connection, so those are shared with nobody. */
  lend(address: NodeAddress, use: ConnectionUse): LentConnection {
    const name = `${use} ${nameOf(address)}`;
    const shared: SharedConnection = (use === 'blocking' ? undefined : this.#shared.get(name)) ?? {
      redis: this.#connect(address, use),
      users: 0,
      closing: undefined,
      isBeingChecked: false,
    };
    if (use !== 'blocking') this.#shared.set(name, shared);
    shared.users += 1;
    clearTimeout(shared.closing);
    let isLent = true;
    return {
      address,
      redis: shared.redis,
      giveBack: () => {
        if (!isLent) return;
        isLent = false;
        shared.users -= 1;
        if (shared.users > 0) return;
        const close = () => {
          if (this.#shared.get(name) === shared) this.#shared.delete(name);
          closeConnection(shared.redis);
        };
        if (this.#isClosed) close();
        else shared.closing = setTimeout(close, KEEP_MS).unref();
      },
    };
  }

  /** Takes what a node has said instead of carrying out a command. */
  hear(refusal: Refusal): void {
    if (refusal.kind === 'moved') {
      this.map.note(refusal.slot, refusal.to);
      for (const user of this.#users) user.steer();
    }
    if (refusal.kind !== 'ask') this.lookAgain();
  }

  /** Asks anew who has which slot, soon: something has shown that the map may be wrong. */
  lookAgain(): void {
    if (this.#looking === undefined) this.#schedule(this.#lookedAt + LOOK_AGAIN_EVERY_MS - performance.now());
  }

  /** What is lent and is given back from now on is closed at once. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { redis, closing } of this.#shared.values()) {
      clearTimeout(closing);
      closeConnection(redis);
    }
    this.#shared.clear();
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const look = () => {
      for (const shared of this.#shared.values()) void this.#checkSubscription(shared);
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#lookedAt = performance.now();
        const isWell = this.#obstacle === '' && [...this.#users].every(({ isThere }) => isThere);
        this.#schedule((isWell ? LOOK_EVERY_MS : LOOK_AGAIN_EVERY_MS) * (0.75 + 0.5 * Math.random()));
      });
    };
    this.#timer = setTimeout(look, Math.max(0, delayMs)).unref();
  }

  /** Asks one node after the other, in no order, until one tells: the first might always be the one that is cut off. */
  async #look(): Promise<void> {
    const known = new Map([...this.#settings.clusterNodes, ...this.map.nodes].map((node) => [nameOf(node), node]));
    for (const address of shuffle([...known.values()], Math.random)) {
      if (this.#isClosed) return;
      try {
        this.map.take(await this.#ask(address), address);
        this.#obstacle = '';
        for (const user of this.#users) user.steer();
        return;
      } catch (error) {
        this.#obstacle = `: ${nameOf(address)}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
  }

  /** Nothing is ever asked over a subscription, so one that leads nowhere looks like one on which nothing happens. */
  async #checkSubscription(shared: SharedConnection): Promise<void> {
    const { redis } = shared;
    if (shared.isBeingChecked || redis.status !== 'ready' || redis.mode !== 'subscriber') return;
    shared.isBeingChecked = true;
    try {
      await redis.ping();
    } catch (error) {
      // A refusal is an answer too.
      const isSilent = error instanceof Error && error.message === 'Command timed out';
      if (isSilent && redis.status === 'ready') redis.disconnect(true);
    }
    shared.isBeingChecked = false;
  }

  /** Over a connection that is there, or one made for the question. */
  async #ask(address: NodeAddress): Promise<unknown> {
    const open = this.#shared.get(`commands ${nameOf(address)}`)?.redis;
    const isFit = open?.status === 'ready' && open.mode === 'normal';
    const redis = isFit ? open : createConnection(at(this.#settings, address), 'commands');
    let obstacle: string | undefined;
    const note = (error: Error) => {
      obstacle = error.message;
    };
    redis.on('error', note);
    const answer = async () => {
      if (!isFit) await redis.connect();
      return redis.cluster('SLOTS');
    };
    try {
      return await withDeadline(answer(), ANSWER_WITHIN_MS, () => new Error('does not answer'));
    } catch (error) {
      throw obstacle === undefined ? error : new Error(obstacle);
    } finally {
      redis.off('error', note);
      if (!isFit) closeConnection(redis);
    }
  }

  #connect(address: NodeAddress, use: ConnectionUse): Redis {
    const redis = createConnection(at(this.#settings, address), use);
    // Whoever listens subscribes again; what ioredis subscribes to by itself rejects where nobody hears it.
    redis.options.autoResubscribe = false;
    // Every partition on the node listens to it.
    redis.setMaxListeners(0);
    // The first attempt may fail while later ones succeed.
    redis.connect().catch(ignoreConnectionError);
    return redis;
  }
}

function at(settings: ConnectionSettings, { host, port }: NodeAddress): ConnectionSettings {
  const url = new URL(settings.redisUrl);
  url.host = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { ...settings, redisUrl: url.href };
}
