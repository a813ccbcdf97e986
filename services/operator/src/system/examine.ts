import {
  inspectServer,
  listPauses,
  readServers,
  type ServerInspection,
  type Stream,
  StreamError,
} from '@millrace/stream-client';
import type { Samples } from '../partitions/samples.js';
import { type Check, checked } from './check.js';
import { checkFlow } from './flow-checks.js';
import { checkRedis } from './redis-checks.js';

/** What was found. `server` is there when Redis answered. */
export interface Examination {
  readonly checks: readonly Check[];
  readonly server?: ServerInspection;
}

/** Looks at everything that a deployment needs to keep its promises. Never throws for a Redis that is away or emptied. */
export async function examine(stream: Stream, samples: Samples, nowMs: () => number): Promise<Examination> {
  let server: ServerInspection;
  try {
    server = await inspectServer(stream);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    const mend = 'start Redis, or mend REDIS_URL; its log says why it does not let the operator in';
    return { checks: [checked('redis', '', { found: 'Redis does not answer', mend })] };
  }
  const checks = [checked('redis', 'answers'), ...checkRedis(server, stream, nowMs()), checkPromises(stream)];
  return { server, checks: [...checks, ...(await examineFlow(stream, samples))] };
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
