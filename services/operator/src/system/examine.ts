import {
  inspectServer,
  listPauses,
  type Partitions,
  readServers,
  type ServerInspection,
  type Stream,
  StreamError,
} from '@millrace/stream-client';
import { ofEach } from '../partitions/in-turn.js';
import type { RedisNode, RedisNodes } from '../partitions/redis-nodes.js';
import type { Samples } from '../partitions/samples.js';
import { type Check, checked, mergeChecks } from './check.js';
import { checkFlow } from './flow-checks.js';
import { checkPartitions } from './partition-checks.js';
import { checkRedis } from './redis-checks.js';

/** What was found. `server` is there when the Redis of partition 0 answered. */
export interface Examination {
  readonly checks: readonly Check[];
  readonly server?: ServerInspection;
}

/** Where everything is looked at. */
export interface Examined {
  readonly partitions: Partitions;
  readonly samples: Samples;
  readonly nodes: RedisNodes;
  readonly nowMs: () => number;
}

/** Looks at everything that a deployment needs to keep its promises. Never throws for a Redis that is away or emptied. */
export async function examine({ partitions, samples, nodes, nowMs }: Examined): Promise<Examination> {
  const { home } = partitions;
  const looked = await ofEach(nodes.list(), inspectNode);
  const [first] = looked;
  const there = looked.filter(hasAnswered);
  const answers = checkAnswers(looked);
  if (there.length === 0) return { checks: [answers] };
  const ofRedis = mergeChecks(
    there.map(({ node, server }) => ({ node: node.name, checks: checkRedis(server, home, nowMs()) })),
  );
  const checks = [answers, ...ofRedis, checkPromises(home), checkPartitions(partitions.map, nowMs())];
  const flow = await examineFlow(home, samples);
  return { ...(first?.server === undefined ? {} : { server: first.server }), checks: [...checks, ...flow] };
}

interface LookedAt {
  readonly node: RedisNode;
  /** Undefined where it does not answer. */
  readonly server: ServerInspection | undefined;
}

async function inspectNode(node: RedisNode): Promise<LookedAt> {
  try {
    return { node, server: await inspectServer(node.streams[0]) };
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return { node, server: undefined };
  }
}

function hasAnswered(one: LookedAt): one is LookedAt & { readonly server: ServerInspection } {
  return one.server !== undefined;
}

function checkAnswers(looked: readonly LookedAt[]): Check {
  const away = looked.filter((one) => !hasAnswered(one));
  const right = looked.length === 1 ? 'answers' : `${looked.length} nodes have partitions and answer`;
  if (away.length === 0) return checked('redis', right);
  const mend = 'start Redis, or mend REDIS_URL; its log says why it does not let the operator in';
  const found =
    looked.length === 1
      ? 'Redis does not answer'
      : `does not answer: ${away.map(({ node }) => `${node.name}, which has ${node.streams.length} partition(s)`).join('; ')}`;
  return checked('redis', right, { found, mend });
}

function checkPromises(stream: Stream): Check {
  const { durability } = stream.settings;
  const problems = stream.problems();
  const mend = 'mend what the other checks name; until then new events are refused with STREAM_NOT_DURABLE';
  const wrong = problems.length === 0 ? undefined : { found: problems.join('; '), mend };
  return checked('promises', `${durability} is kept`, wrong);
}

async function examineFlow(stream: Stream, samples: Samples): Promise<Check[]> {
  try {
    const sample = await samples.look();
    const names = sample.consumers.map(({ name }) => name);
    const [seen, pauses] = await Promise.all([readServers(stream, names), listPauses(stream)]);
    return checkFlow(sample, seen, pauses);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    const mend =
      error.code === 'STREAM_GROUP_MISSING'
        ? 'restart a consumer, which makes it anew; the data of Redis were lost or the wrong MILLRACE_NAMESPACE is set: restore a backup'
        : 'look at the log of Redis';
    return [checked('group', '', { found: error.message, mend })];
  }
}
