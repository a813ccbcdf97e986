import type { LogEntry } from './event-log.ts';
import type { Listener } from './node.ts';
import type { Partition } from './partition.ts';
import type { Argument } from './scripts.ts';

/** What a node is asked, and how it answers. */
export interface Ask {
  readonly partition: Partition;
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
  /** The connection that asks. */
  readonly listener: Listener;
  /** For what is answered later. */
  readonly answer: (reply: unknown) => void;
  /** Told what ends a read that waits. */
  readonly onBlock: (end: () => void) => void;
}

/** A reply that comes later. */
export const LATER = Symbol('later');

interface ModelledCommand {
  /** Where its key stands among the arguments, from the end if negative; undefined for one that is about the node. */
  readonly keyAt?: number;
  /** Replies what Redis would. */
  readonly execute: (ask: Ask) => unknown;
}

const about = (execute: (ask: Ask) => unknown): ModelledCommand => ({ execute });
const at = (keyAt: number, execute: (ask: Ask) => unknown): ModelledCommand => ({ keyAt, execute });

/** The commands that our code sends besides scripts, by their names. */
export const COMMANDS: Readonly<Record<string, ModelledCommand>> = {
  time: about(({ partition }) => {
    const micros = Math.floor(partition.node.time.epochMs * 1_000);
    return [String(Math.floor(micros / 1_000_000)), String(micros % 1_000_000)];
  }),
  info: about(() => INFO),
  config: about(({ partition, args }) => [args[1], partition.node.isSynced ? 'always' : 'everysec']),
  client: about(() => 1),
  set: at(0, () => 'OK'),
  spop: at(0, () => []),
  memory: at(1, () => 0),
  zrange: at(0, zrange),
  sscan: at(0, sscan),
  hgetall: at(0, hgetall),
  xinfo: at(1, xinfo),
  xpending: at(0, xpending),
  xrange: at(0, xrange),
  xreadgroup: at(-2, xreadgroup),
  spublish: at(0, ({ partition, keys, args }) => {
    partition.node.publish(keys[0] ?? '', String(args[1]));
    return 0;
  }),
  ssubscribe: at(0, ({ partition, keys, listener }) => {
    partition.node.subscribe(keys[0] ?? '', listener);
    return 1;
  }),
};

/** What a server says of itself that our code would look at. */
const INFO = [
  'redis_version:7.0.15',
  'redis_mode:standalone',
  'role:master',
  'aof_enabled:1',
  'maxmemory:0',
  'used_memory:0',
  'maxmemory_policy:noeviction',
  '',
].join('\r\n');

function zrange({ partition, keys, args }: Ask): string[] {
  const [, from, to] = args.map(String);
  if (keys[0] !== partition.keys.due || from === '+inf') return [];
  return partition.due.upTo(Number(to), Number(args.at(-1)));
}

/** Where no lane needs mending, looking at some of them costs what it costs, whichever they are. */
function sscan({ partition }: Ask): unknown {
  return ['0', [...partition.lanes.keys()].slice(0, 500)];
}

function hgetall({ partition, keys: [key = ''] }: Ask): unknown {
  return key === partition.keys.map ? partition.map : [];
}

function xinfo({ partition, args }: Ask): unknown {
  if (String(args[0]).toUpperCase() === 'GROUPS')
    return [['name', 'consumers', 'last-delivered-id', partition.log.lastRead()]];
  return [...partition.consumers].map(([name, { seenAt }]) => {
    return ['name', name, 'pending', 1, 'idle', partition.now - seenAt];
  });
}

function xpending({ partition: { log }, args }: Ask): unknown {
  const id = String(args[2]);
  const entry = log.find(id);
  return entry !== undefined && log.isPending(entry) ? [[id, entry.holder, 0, entry.deliveryCount]] : [];
}

function xrange({ partition: { log, node }, args }: Ask): unknown {
  const [, from = '', to = '', , maxCount = '1'] = args.map(String);
  const found = from.startsWith('(') ? log.range(from.slice(1), to, Number(maxCount)) : [log.find(from)];
  node.spend(found.length * node.costs.deliver.each);
  return found.flatMap((entry) => (entry === undefined ? [] : [[Buffer.from(entry.id), entry.fields]]));
}

/** GROUP group consumer COUNT n [BLOCK ms] STREAMS key > */
function xreadgroup({ partition, keys: [key = ''], args: given, answer, onBlock }: Ask): unknown {
  const args = given.map(String);
  const [, , consumer = '', , count = '1'] = args;
  const blockMs = args[5] === 'BLOCK' ? Number(args[6]) : undefined;
  const { node } = partition;
  const toReply = (entries: readonly LogEntry[]) =>
    entries.length === 0 ? null : [[Buffer.from(key), entries.map(({ id, fields }) => [Buffer.from(id), fields])]];
  node.step(node.costs.read);
  const entries = partition.read(consumer, Number(count));
  if (entries.length > 0 || blockMs === undefined) return toReply(entries);
  const unblock = partition.block({
    consumer,
    maxCount: Number(count),
    deliver: (found) => {
      giveUp();
      answer(toReply(found));
    },
  });
  const giveUp = node.time.after(blockMs, () => {
    unblock();
    answer(null);
  });
  onBlock(() => {
    giveUp();
    unblock();
  });
  return LATER;
}
