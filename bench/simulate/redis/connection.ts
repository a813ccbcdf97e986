import { createHash } from 'node:crypto';
import { type Command, Redis } from 'ioredis';
import type { Cpu } from '../cpu.ts';
import { type Ask, COMMANDS, LATER } from './commands.ts';
import type { Listener, Message } from './node.ts';
import type { Partition } from './partition.ts';
import type { SimulatedRedis } from './redis.ts';
import { SCRIPTS } from './scripts.ts';

/** What messages of Redis cost the process at this end, in µs. */
export interface ReplyCosts {
  readonly reply: number;
  readonly wake: number;
}

/**
 * A connection of a process to all nodes of the modelled Redis, as the stream client has one to a cluster: ioredis' own, of
 * which only the way to the server is another. A command that the model does not know rejects, and says so.
 */
export class SimulatedConnection extends Redis implements Listener {
  readonly #server: SimulatedRedis;
  readonly #cpu: Cpu;
  readonly #costs: ReplyCosts;
  /** What is sent earlier arrives earlier, either way. */
  #thereAt = 0;
  #hereAt = 0;
  /** Ends the read that waits, if one does. */
  #unblock: () => void = () => undefined;

  constructor(server: SimulatedRedis, cpu: Cpu, costs: ReplyCosts) {
    // It never connects by itself.
    super({ lazyConnect: true });
    this.#server = server;
    this.#cpu = cpu;
    this.#costs = costs;
    this.status = 'ready';
  }

  override defineCommand(name: string, definition: { lua: string; numberOfKeys?: number; readOnly?: boolean }): void {
    super.defineCommand(name, definition);
    noteScript(name, definition.lua);
  }

  override sendCommand(command: Command): unknown {
    if (this.#cpu.isAlive) this.#send(command);
    return command.promise;
  }

  /** What was published arrives. */
  hear(messages: readonly Message[]): void {
    const tell = () => {
      for (const { channel, text } of messages) this.emit('smessage', channel, text);
    };
    this.#arriveHere(() => this.#cpu.spend(this.#costs.wake, tell));
  }

  /** The process at this end is gone: nothing waits for it, or is told to it, any more. */
  kill(): void {
    this.#unblock();
    for (const node of this.#server.nodes) node.forget(this);
  }

  override disconnect(): void {
    this.status = 'end';
    this.kill();
  }

  #send(command: Command): void {
    const call = readCall(command);
    const partition = this.#server.partitionOf(call.keys[0]);
    const { node } = partition;
    const take = (reply: unknown) => this.#cpu.spend(this.#costs.reply, () => command.resolve(reply));
    const answer = (reply: unknown) => node.answer(this, () => this.#arriveHere(() => take(reply)));
    // What was on its way when the process died is carried out; then Redis sees that nobody is there any more.
    const onBlock = (end: () => void) => {
      if (this.#cpu.isAlive) this.#unblock = end;
      else end();
    };
    const ask = { partition, keys: call.keys, args: call.args, listener: this, answer, onBlock };
    const execute = () => {
      const reply = call.execute(ask);
      if (reply !== LATER) answer(reply);
      partition.serveBlocked();
    };
    this.#arriveThere(() => node.arrive(this, call.name, execute));
  }

  #arriveThere(act: () => void): void {
    this.#thereAt = this.#travel(this.#thereAt, act);
  }

  #arriveHere(act: () => void): void {
    this.#hereAt = this.#travel(this.#hereAt, act);
  }

  /** No two ways take quite as long: or of several that are told at once, the same one would always be first. */
  #travel(notBefore: number, act: () => void): number {
    const { time, networkMs } = this.#server;
    const arrivesAt = Math.max(notBefore, time.nowMs + networkMs * (0.8 + 0.4 * Math.random()));
    time.after(arrivesAt - time.nowMs, act);
    return arrivesAt;
  }
}

interface Call {
  /** Of the command or the script. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly args: Ask['args'];
  readonly execute: (ask: Ask) => unknown;
}

function readCall({ name, args: given }: Command): Call {
  const args = given as Ask['args'];
  if (name === 'evalsha') return readScriptCall(args);
  const lower = name.toLowerCase();
  const command = COMMANDS[lower];
  if (command === undefined) throw new Error(`the simulation has no command ${name} ${args.slice(0, 3).join(' ')}`);
  const keys = command.keyAt === undefined ? [] : [String(args.at(command.keyAt))];
  return { name: lower, keys, args, execute: command.execute };
}

/** `EVALSHA sha1 numkeys key … arg …`; the last key is the one that every script names besides its own. */
function readScriptCall([sha, count, ...rest]: Ask['args']): Call {
  const name = scripts.get(String(sha)) ?? '';
  const script = SCRIPTS[name];
  if (script === undefined) throw new Error(`the simulation has no script ${name}`);
  const keys = rest.slice(0, Number(count) - 1).map(String);
  const args = rest.slice(Number(count));
  return {
    name,
    keys,
    args,
    execute: ({ partition }: { readonly partition: Partition }) => script(partition, keys, args),
  };
}

/** Names of scripts by what Redis knows them by, and the texts that have been looked at. */
const scripts = new Map<string, string>();
const known = new Set<string>();

function noteScript(name: string, lua: string): void {
  if (known.has(lua)) return;
  known.add(lua);
  scripts.set(createHash('sha1').update(lua).digest('hex'), name);
}
