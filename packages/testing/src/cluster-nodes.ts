import { Redis } from 'ioredis';
import type { RedisServer } from './redis-server.js';

/** A node of a cluster. */
export interface ClusterServer extends RedisServer {
  /** The name by which the other nodes know it. */
  readonly id: string;
  /** The port that it tells others: where it speaks TLS to the other nodes, that of TLS. */
  readonly toldPort: number;
  /** Who the harness is to it. Undefined: whoever comes. */
  readonly login: Login | undefined;
}

/** A user that may do everything. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What one node says of another, or of itself. */
export interface KnownNode {
  readonly id: string;
  readonly isSelf: boolean;
  readonly isPrimary: boolean;
  /** Whether nobody doubts that it answers. */
  readonly isUp: boolean;
  /** First and last of each range. */
  readonly slots: readonly (readonly [number, number])[];
}

const DOUBTS = ['handshake', 'fail', 'fail?', 'noaddr'];
/** Longer than any command of this harness takes on a loaded machine, in ms. */
const COMMAND_LIMIT_MS = 30_000;
/** Who is silent for so long, in ms, is asked again later; others are heard meanwhile. */
const VIEW_LIMIT_MS = 5_000;

/** The nodes that a node knows, itself included. Rejects when it does not answer in time. */
export async function nodesKnownTo(node: ClusterServer, limitMs = COMMAND_LIMIT_MS): Promise<readonly KnownNode[]> {
  const text = String(await withNode(node, (redis) => redis.call('CLUSTER', 'NODES'), limitMs));
  return text.trim().split('\n').map(readLine);
}

function readLine(line: string): KnownNode {
  const [id = '', , flagList = '', , , , , , ...slots] = line.split(' ');
  const flags = flagList.split(',');
  // A slot on its way is in brackets.
  const ranges = slots.filter((one) => !one.startsWith('[')).map((one) => one.split('-').map(Number));
  return {
    id,
    isSelf: flags.includes('myself'),
    isPrimary: flags.includes('master'),
    isUp: !flags.some((flag) => DOUBTS.includes(flag)),
    slots: ranges.map(([first = 0, last = first]) => [first, last]),
  };
}

/**
 * The node that has the slot, as it says itself and most primaries do: replicas hear of it later. A node that does not
 * answer, frozen or gone a moment ago, has no say.
 */
export async function findPrimary(nodes: readonly ClusterServer[], slot: number): Promise<ClusterServer | undefined> {
  const views = await Promise.all(nodes.map((node) => nodesKnownTo(node, VIEW_LIMIT_MS).catch(nothing)));
  const hasSlot = ({ isPrimary, slots }: KnownNode) =>
    isPrimary && slots.some(([first, last]) => first <= slot && slot <= last);
  const owners = views.map((known) => known.find(hasSlot)?.id);
  const votes = owners.filter((_owner, at) => views[at]?.some(({ isSelf, isPrimary }) => isSelf && isPrimary));
  return nodes.find(
    ({ id }, at) => owners[at] === id && votes.filter((owner) => owner === id).length * 2 > votes.length,
  );
}

/** The nodes that have slots, as each says of itself. */
export async function findPrimaries(nodes: readonly ClusterServer[]): Promise<readonly ClusterServer[]> {
  const views = await Promise.all(nodes.map((node) => nodesKnownTo(node)));
  return nodes.filter((_node, at) =>
    views[at]?.some(({ isSelf, isPrimary, slots }) => isSelf && isPrimary && slots.length > 0),
  );
}

/** The nodes that copy another and have all of its data, as that one says. */
export async function findReplicas(
  nodes: readonly ClusterServer[],
  primary: ClusterServer,
): Promise<readonly ClusterServer[]> {
  const info = await withNode(primary, (redis) => redis.info('replication'));
  const ports = Array.from(info.matchAll(/^slave\d+:.*port=(\d+),state=online/gm), ([, port]) => Number(port));
  return nodes.filter(({ toldPort, isRunning }) => isRunning && ports.includes(toldPort));
}

/** Lends a connection to one node. A command that is not answered within `limitMs`, by a node that is frozen, rejects. */
export async function withNode<T>(
  { port, login }: { readonly port: number; readonly login?: Login | undefined },
  use: (redis: Redis) => Promise<T>,
  limitMs = COMMAND_LIMIT_MS,
): Promise<T> {
  const limits = { maxRetriesPerRequest: 3, commandTimeout: limitMs };
  const redis = new Redis({ port, host: '127.0.0.1', protocol: 2, ...limits, ...login });
  // Whoever waits for an answer is told.
  redis.on('error', () => undefined);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** What is heard of a node that does not answer. */
function nothing(): readonly KnownNode[] {
  return [];
}
