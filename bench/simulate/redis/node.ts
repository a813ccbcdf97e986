import type { VirtualTime } from '../virtual-time.ts';
import { coldAfter } from './cold-after.ts';
import type { RedisCosts, Step } from './costs.ts';

/** Carries out one command; sooner or later, it answers through the node. */
export type Execute = () => void;

/** Where what is published goes: a connection that has subscribed to it. */
export interface Listener {
  /** What was published in one turn, in order. */
  hear(messages: readonly Message[]): void;
}

export interface Message {
  readonly channel: string;
  readonly text: string;
}

/**
 * One Redis process, as its one thread makes it: turns of an event loop, each with all commands that have arrived, one sync
 * to the disk for all that it wrote, and the answers at its end.
 */
export class RedisNode {
  #waiting: { readonly from: object; readonly name: string; readonly execute: Execute }[] = [];
  #answers: { readonly to: object; readonly send: () => void }[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();
  /** What the turn that is under way has published, by who hears it. */
  #published = new Map<Listener, Message[]>();
  #isBusy = false;
  /** Of the turn that is under way, in µs. */
  #spent = 0;
  #told = 0;
  #hasWritten = false;
  /** How cold the turn has found it, from 0 to 1, and what has become warm in it. */
  #coldness = 0;
  readonly #warm = new Set<Step>();
  #restsSince = 0;
  #busyMs = 0;
  #computedMs = 0;
  #commands = 0;
  readonly #spentOn = new Map<string, number>();

  readonly time: VirtualTime;
  readonly costs: RedisCosts;
  readonly isSynced: boolean;

  constructor(time: VirtualTime, costs: RedisCosts, isSynced: boolean) {
    this.time = time;
    this.costs = costs;
    this.isSynced = isSynced;
  }

  /** Time that its thread has been at work or at the disk, in ms. */
  get busyMs(): number {
    return this.#busyMs + this.#idleMs;
  }

  /** The part of it that it has not waited for the disk. */
  get computedMs(): number {
    return this.#computedMs + this.#idleMs;
  }

  get #idleMs(): number {
    return (this.time.nowMs / 1_000) * (this.costs.idle / 1_000);
  }

  /**
   * What that went into, in µs by the names of commands. `told` is for messages to subscribers, whoever published them,
   * `answers` for waking those who have asked, `turns` for waking up and looking who asks, `syncs` for what the core has to do
   * until it is on the disk.
   */
  get spentOn(): ReadonlyMap<string, number> {
    return this.#spentOn;
  }

  /** Calls of commands and scripts; those inside scripts are not counted. */
  get commands(): number {
    return this.#commands;
  }

  /** A command is there, from a connection. */
  arrive(from: object, name: string, execute: Execute): void {
    this.#commands += 1;
    this.#waiting.push({ from, name, execute });
    if (!this.#isBusy) this.#turn();
  }

  /** Called by a command that is being carried out. */
  spend(micros: number): void {
    this.#spent += micros;
  }

  /** As `spend`, for what is dearer the first time after a rest. */
  step(step: Step): void {
    this.#spent += step.base;
    if (this.#coldness === 0 || this.#warm.has(step)) return;
    this.#warm.add(step);
    this.#spent += this.#coldness * step.cold;
  }

  get #rouse(): number {
    return this.#coldness * this.costs.rouse;
  }

  /** Called by a command that has written something. */
  write(): void {
    this.#hasWritten = true;
  }

  /** An answer to a connection goes out at the end of the turn. */
  answer(to: object, send: () => void): void {
    this.#answers.push({ to, send });
    // Such as of a read whose time is up.
    if (!this.#isBusy) this.#turn();
  }

  subscribe(channel: string, listener: Listener): void {
    const listeners = this.#listeners.get(channel);
    if (listeners === undefined) this.#listeners.set(channel, new Set([listener]));
    else listeners.add(listener);
  }

  /** It hears nothing any more. */
  forget(listener: Listener): void {
    for (const listeners of this.#listeners.values()) listeners.delete(listener);
  }

  /** Called by a command that is being carried out: whoever has subscribed hears it at the end of the turn. */
  publish(channel: string, text: string): void {
    const { base, each, socket } = this.costs.publish;
    let micros = base;
    for (const listener of this.#listeners.get(channel) ?? []) {
      const messages = this.#published.get(listener);
      micros += messages === undefined ? each + socket + this.#rouse : each;
      if (messages === undefined) this.#published.set(listener, [{ channel, text }]);
      else messages.push({ channel, text });
    }
    this.#note('told', micros);
    this.#told += micros;
  }

  /** Writes to those who are answered. Of some the read has waited: they have not asked in this turn. */
  #reach(asking: ReadonlySet<object>): void {
    const before = this.#spent;
    const reached = new Set(this.#answers.map(({ to }) => to));
    for (const to of reached) this.#spent += asking.has(to) ? this.#rouse : this.#rouse + this.costs.socket;
    this.#note('answers', this.#spent - before);
  }

  #note(name: string, micros: number): void {
    this.#spentOn.set(name, (this.#spentOn.get(name) ?? 0) + micros);
  }

  #turn(): void {
    this.#isBusy = true;
    this.#spent = 0;
    this.#coldness = coldAfter(this.time.nowMs - this.#restsSince, this.costs.coldAfter);
    this.#warm.clear();
    this.step(this.costs.turn);
    this.#note('turns', this.#spent);
    this.#hasWritten = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    const asking = new Set<object>();
    for (const { from, name, execute } of waiting) {
      const before = this.#spent;
      this.#spent += asking.has(from) ? this.costs.command : this.costs.command + this.costs.socket;
      asking.add(from);
      execute();
      this.#note(name, this.#spent - before);
    }
    this.#reach(asking);
    this.#spent += this.#told;
    this.#told = 0;
    // What syncing costs a core is part of the time that it takes.
    const [worked, isSyncing] = [this.#spent, this.#hasWritten && this.isSynced];
    if (isSyncing) this.step(this.costs.sync);
    this.#note('syncs', this.#spent - worked);
    const takes = (worked + (isSyncing ? this.costs.sync.takes : 0)) / 1_000;
    this.#busyMs += takes;
    this.#computedMs += this.#spent / 1_000;
    // While the disk works its thread is asleep, as in a rest.
    this.#restsSince = this.time.nowMs + this.#spent / 1_000;
    const [answers, published] = [this.#answers, this.#published];
    this.#answers = [];
    if (published.size > 0) this.#published = new Map();
    this.time.after(takes, () => {
      this.#isBusy = false;
      for (const { send } of answers) send();
      for (const [listener, messages] of published) listener.hear(messages);
      if (!this.#isBusy && this.#waiting.length > 0) this.#turn();
    });
  }
}
