import type { Redis } from 'ioredis';
import { send } from '../connection/connection.js';
import { StreamError } from '../errors.js';
import type { ServerWatch } from '../redis-server/server-watch.js';
import { runScript, runScriptForBytes, type ScriptArgument, type ScriptName } from '../scripts.js';

/**
 * Longest wait for the disk or the replicas, in ms: a disk that is synced every second answers within it, and a command
 * is not waited for any longer.
 */
const MAX_WAIT_MS = 1_500;

/** Runs the scripts that a promise rests on. */
export interface DurableWrites {
  /**
   * Runs a script; resolves once what it wrote is as durable as the deployment promises. Rejects with STREAM_NOT_DURABLE
   * when the server does not keep what it is given (nothing was written), or has not told in time that it has it (it was
   * written, and may be lost): repeat it with the same identity. Otherwise as `runScript`.
   */
  run(name: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown>;
  /**
   * Runs a script that writes and hands out what others have written: with a reply that `isPromised`, that is as durable then
   * as what a `run` wrote. Strings arrive as Buffers.
   */
  runForBytes(
    name: ScriptName,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    isPromised: (reply: unknown) => boolean,
  ): Promise<unknown>;
}

/**
 * `replicas`: how many of them must have each write. `roundsNow` is given by who writes over a connection that others write
 * over too: the rounds of the one over which a command would go at this moment.
 */
export function createDurableWrites(
  redis: Redis,
  watch: ServerWatch,
  replicas: number,
  roundsNow?: () => WaitingRounds | undefined,
): DurableWrites {
  const own = new WaitingRounds(redis, replicas);
  const write = async (
    run: typeof runScript,
    name: ScriptName,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    isPromised = always,
  ) => {
    const { problems, isKnown } = watch;
    if (!isKnown) throw new StreamError('STREAM_UNAVAILABLE', `${name}: Redis has not said what it is configured for`);
    if (problems.length > 0) throw notDurable(`Redis cannot be relied on: ${problems.join('; ')}`);
    const rounds = roundsNow?.() ?? own;
    const answer = run(redis, name, keys, args);
    if (replicas > 0 || watch.waitsForDisk) await rounds.confirm(answer, watch, isPromised);
    return answer;
  };
  return {
    run: (name, keys, args) => write(runScript, name, keys, args),
    runForBytes: (name, keys, args, isPromised) => write(runScriptForBytes, name, keys, args, isPromised),
  };
}

/**
 * Confirms writes in rounds: all that were answered while one wait was under way share the next. A wait blocks its
 * connection, so there is never more than one, whoever else writes over it.
 */
export class WaitingRounds {
  readonly #redis: Redis;
  readonly #replicas: number;
  #next: Promise<void> | undefined;
  /** Whether somebody in the next round waits for the disk. */
  #waitsForDisk = false;
  #current: Promise<unknown> = Promise.resolve();

  constructor(redis: Redis, replicas: number) {
    this.#redis = redis;
    this.#replicas = replicas;
  }

  /**
   * Call it in the same turn in which the write was sent. `watch` is over the server that took it. An answer that is not
   * `isPromised` needs no confirmation.
   */
  async confirm(write: Promise<unknown>, watch: ServerWatch, isPromised = always): Promise<void> {
    const { connection, waitsForDisk } = watch;
    if (!isPromised(await write)) return;
    this.#waitsForDisk ||= waitsForDisk;
    this.#next ??= this.#begin();
    try {
      await this.#next;
    } catch (error) {
      watch.lookNow();
      throw error;
    }
    // Another connection may lead to a server that never saw the write: what that one has says nothing.
    if (connection !== watch.connection) throw notDurable('the connection was lost before the write was confirmed');
  }

  #begin(): Promise<void> {
    const round = this.#current.then(() => {
      const waitsForDisk = this.#waitsForDisk;
      this.#waitsForDisk = false;
      this.#next = undefined;
      return this.#wait(waitsForDisk);
    });
    this.#current = round.catch(ignore);
    return round;
  }

  /** Sent on the connection of the writes, since Redis waits for what the asking connection has seen. */
  async #wait(waitsForDisk: boolean): Promise<void> {
    if (waitsForDisk) {
      const [onDisk] = (await send('WAITAOF', this.#redis.call('WAITAOF', 1, 0, MAX_WAIT_MS))) as [number];
      if (onDisk < 1) throw notDurable(`written, but not on disk within ${MAX_WAIT_MS} ms`);
    }
    if (this.#replicas > 0) {
      const reached = await send('WAIT', this.#redis.wait(this.#replicas, MAX_WAIT_MS));
      if (reached < this.#replicas)
        throw notDurable(`written, but ${reached} of ${this.#replicas} replicas had it in ${MAX_WAIT_MS} ms`);
    }
  }
}

function notDurable(message: string): StreamError {
  return new StreamError('STREAM_NOT_DURABLE', message);
}

function always(_reply: unknown): boolean {
  return true;
}

/** A round that fails is told to those who wait for it. */
function ignore(): void {}
