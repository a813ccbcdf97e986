import type { VirtualTime } from '../virtual-time.ts';
import type { RedisCosts } from './costs.ts';

/** Carries out one command; sooner or later, it answers through the node. */
export type Execute = () => void;

/**
 * One Redis process, as its one thread makes it: turns of an event loop, each with all commands that have arrived, one sync
 * to the disk for all that it wrote, and the answers at its end.
 */
export class RedisNode {
  readonly #waiting: Execute[] = [];
  readonly #answers: (() => void)[] = [];
  #isBusy = false;
  /** Of the turn that is under way, in µs. */
  #spent = 0;
  #hasWritten = false;
  #busyMs = 0;
  #computedMs = 0;
  #commands = 0;

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
    return this.#busyMs;
  }

  /** The part of it that it has not waited for the disk. */
  get computedMs(): number {
    return this.#computedMs;
  }

  /** Calls of commands and scripts; those inside scripts are not counted. */
  get commands(): number {
    return this.#commands;
  }

  /** A command is there. */
  arrive(execute: Execute): void {
    this.#commands += 1;
    this.#waiting.push(execute);
    if (!this.#isBusy) this.#turn();
  }

  /** Called by a command that is being carried out. */
  spend(micros: number): void {
    this.#spent += micros;
  }

  /** Called by a command that has written something. */
  write(): void {
    this.#hasWritten = true;
  }

  /** An answer goes out at the end of the turn. */
  answer(send: () => void): void {
    this.#answers.push(send);
    // Such as of a read whose time is up.
    if (!this.#isBusy) this.#turn();
  }

  #turn(): void {
    this.#isBusy = true;
    this.#spent = this.costs.turn;
    this.#hasWritten = false;
    for (const execute of this.#waiting.splice(0)) {
      this.#spent += this.costs.command;
      execute();
    }
    const sync = this.#hasWritten && this.isSynced ? this.costs.sync : { work: 0, takes: 0 };
    const takes = (this.#spent + sync.takes) / 1_000;
    this.#busyMs += takes;
    this.#computedMs += (this.#spent + sync.work) / 1_000;
    const answers = this.#answers.splice(0);
    this.time.after(takes, () => {
      this.#isBusy = false;
      for (const send of answers) send();
      if (!this.#isBusy && this.#waiting.length > 0) this.#turn();
    });
  }
}
