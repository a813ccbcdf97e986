import type { Redis } from 'ioredis';
import type { ServerFacts } from './server-check.js';

/** How often a server is looked at, in ms: one that is fit, and one that is not. */
const LOOK_EVERY_MS = 10_000;
const LOOK_AGAIN_EVERY_MS = 1_000;

/** What is told of a server whenever it changes; nothing when it is fit. */
export type OnProblems = (problems: readonly string[]) => void;

/**
 * Knows whether the server at the other end of a connection keeps what is promised of it. Each new connection may lead to
 * another server, or to the same one under other settings; so until it has been looked at, it counts as unfit. Looks
 * again now and then, since settings can change under an open connection.
 */
export class ServerWatch {
  readonly #redis: Redis;
  readonly #check: () => Promise<ServerFacts>;
  readonly #onProblems: OnProblems;
  #facts: ServerFacts | undefined;
  #told = '';
  #connection = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #wasEverKnown = false;

  /**
   * `check` asks the server at the other end. `facts` are what was found before, over the connection as it is now; undefined when nobody
   * has looked yet.
   */
  constructor(redis: Redis, check: () => Promise<ServerFacts>, facts: ServerFacts | undefined, onProblems: OnProblems) {
    this.#redis = redis;
    this.#check = check;
    this.#onProblems = onProblems;
    if (facts === undefined) void this.#look();
    else this.#take(facts);
    redis.on('close', () => {
      this.#connection += 1;
      this.#facts = undefined;
    });
    redis.on('ready', () => void this.#look());
  }

  /** Counts the connections that were lost: work that began under one number must not go on under another. */
  get connection(): number {
    return this.#connection;
  }

  /** Whether writes have to be waited for until they are on disk. */
  get waitsForDisk(): boolean {
    return this.#facts?.waitsForDisk ?? false;
  }

  /** Whether the server at the other end has been looked at. */
  get isKnown(): boolean {
    return this.#facts !== undefined;
  }

  /** Whether any server at the other end has been looked at. */
  get wasEverKnown(): boolean {
    return this.#wasEverKnown;
  }

  /** Why nothing may be promised of a write at this moment; none when it may, or when nobody has looked yet. */
  get problems(): readonly string[] {
    return this.#facts === undefined ? [] : [...this.#facts.problems, ...this.#facts.lacks];
  }

  /** Looks at once: something has just shown that the server may not be what it was. */
  lookNow(): void {
    this.#schedule(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isStopped || this.#redis.status !== 'ready') return;
    clearTimeout(this.#timer);
    const connection = this.#connection;
    try {
      const facts = await this.#check();
      // What was asked over a connection that is gone says nothing about the next one.
      if (connection === this.#connection) this.#take(facts);
    } catch {
      // That it does not answer says nothing about its settings: what was found of them over this connection stands.
      this.#schedule(LOOK_AGAIN_EVERY_MS);
    }
  }

  #take(facts: ServerFacts): void {
    this.#facts = facts;
    this.#wasEverKnown = true;
    const { problems } = this;
    const text = problems.join('; ');
    if (text !== this.#told) {
      this.#told = text;
      this.#onProblems(problems);
    }
    this.#schedule(problems.length === 0 ? LOOK_EVERY_MS : LOOK_AGAIN_EVERY_MS, facts.isReplica);
  }

  /** After a failover the address may lead to the new primary; a connection to the old one would never learn that. */
  #schedule(delayMs: number, reconnects = false): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const act = () => {
      if (!reconnects) void this.#look();
      // One that is being made leads somewhere else already.
      else if (this.#redis.status === 'ready') this.#redis.disconnect(true);
    };
    this.#timer = setTimeout(act, delayMs * (0.75 + 0.5 * Math.random()));
    this.#timer.unref();
  }
}

/** What a watch has found, for people; none when everything can be promised. */
export function problemsOf({ isKnown, problems }: ServerWatch): readonly string[] {
  if (!isKnown) return ['Redis has not said yet what it is configured for'];
  return problems.map((problem) => `Redis cannot be relied on: ${problem}`);
}
