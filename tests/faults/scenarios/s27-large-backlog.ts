import { readFile } from 'node:fs/promises';
import { judge } from '@millrace/cli';
import type { Redis } from 'ioredis';
import type { ServiceProcess } from '../../system/service-process.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const ENTRIES = 1_000_000;
const SMALL = 50_000;
const DATA_BYTES = 200;
const WINDOW_MS = 10_000;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
const LARGE = 'entries in the backlog';
const NOT_READY = 'times that the producer was not ready while Redis loaded its data';

/** What no route takes is settled without a call: the rate is that of reading and settling alone. */
const FILL = `
  local events, counters = KEYS[1], KEYS[2]
  local count, data = tonumber(ARGV[1]), ARGV[2]
  local seq = redis.call('HINCRBY', counters, 'seq', count) - count
  redis.call('HINCRBY', counters, 'backlog', count)
  for n = 1, count do
    local id = ARGV[3] .. n
    redis.call('XADD', events, '*', 'format', '1', 'seq', seq + n, 'kind', 'j', 'data', data, 'event',
      '{"specversion":"1.0","id":"' .. id .. '","source":"/backlog","type":"nobody.cares"}')
  end
  return 'filled'`;

/** S27: a million entries wait when the consumers start. */
export const largeBacklog: Scenario = {
  id: 'S27',
  title: 'a backlog of a million is drained at the rate of a small one, in the memory of an idle consumer',
  fault: `${ENTRIES.toLocaleString('en')} entries of ${DATA_BYTES} bytes wait; then Redis is restarted with them`,
  evidence: { [LARGE]: ENTRIES, [NOT_READY]: 1 },
  minAccepted: 20,
  isShort: false,
  limitMs: 2_400_000,
  restMs: 1_800_000,
  start: () => startSystem(1, { env: { MILLRACE_MAX_BACKLOG: '2000000' } }),
  async run(stage) {
    const { system, evidence, producer } = stage;
    const [consumer] = system.runningConsumers;
    if (consumer === undefined) throw new Error('there is no consumer');
    await fill(system.redis, SMALL, 'small-');
    const small = await measureDrain(stage, 4_000);
    await stage.until(async () => (await system.unfinished()).backlog === 0, 'the small backlog is drained');
    await stage.sleep(3_000);
    const idleBytes = await residentBytes(consumer);

    consumer.freeze();
    await fill(system.redis, ENTRIES, 'large-');
    evidence.note(LARGE, (await system.unfinished()).backlog);
    const usedBytes = Number(/used_memory:(\d+)/.exec(await system.redis.info('memory'))?.[1]);
    const load = stage.startLoad(15);
    await stage.sleep(3_000);
    stage.timing(
      `p99 of a post, with ${Math.round(usedBytes / 1_048_576)} MiB in Redis`,
      producer.quantileMs(0.99) ?? 0,
    );
    consumer.thaw();
    let peakBytes = 0;
    const watch = setInterval(() => {
      void residentBytes(consumer).then((bytes) => {
        peakBytes = Math.max(peakBytes, bytes);
      }, ignore);
    }, 250);
    const large = await measureDrain(stage, WINDOW_MS);
    clearInterval(watch);
    await load.stop();
    const growth = peakBytes - idleBytes;
    const why = growth <= MAX_GROWTH_BYTES ? undefined : `${Math.round(growth / 1_048_576)} MiB above idle`;
    stage.findings.push(judge('memory-stays-flat', why, false));
    evidence.note('entries a second, small backlog', Math.round(small));
    evidence.note('entries a second, large backlog', Math.round(large));
    evidence.note('MiB of the consumer above idle', Math.max(0, Math.round(growth / 1_048_576)));
    await restartLoaded(stage);
  },
};

/**
 * Starts Redis again with all of it: until it is loaded nobody says that he is ready; after that everything goes on. A post
 * meanwhile waits for its deadline, and is told 503 only where loading takes longer.
 */
async function restartLoaded(stage: Stage): Promise<void> {
  const { system, evidence } = stage;
  await system.redisServer.kill();
  const startedAt = performance.now();
  let isLoaded = false;
  const loaded = system.redisServer.restart().then(() => {
    isLoaded = true;
  });
  while (!isLoaded) {
    if ((await fetch(`${system.producer.url}/readyz`)).status === 503) evidence.note(NOT_READY);
    await stage.sleep(50);
  }
  await loaded;
  stage.timing('Redis has loaded its data', performance.now() - startedAt);
  const isAccepted = async () => {
    const posted = await system.post({ type: 'nobody.cares', id: 'loaded', source: '/loading', data: {} });
    return posted.status === 202;
  };
  await stage.until(isAccepted, 'events are accepted');
  stage.timing('events are accepted again', performance.now() - startedAt);
}

async function fill(redis: Redis, entries: number, prefix: string): Promise<void> {
  const data = JSON.stringify('x'.repeat(DATA_BYTES - 2));
  const page = 10_000;
  for (let n = 0; n < entries; n += page) {
    await redis.eval(FILL, 2, 'millrace:{0}:events', 'millrace:{0}:counters', page, data, `${prefix}${n}-`);
  }
}

/** Entries settled in a second, over a while. */
async function measureDrain(stage: Stage, windowMs: number): Promise<number> {
  const read = async () => ({ at: performance.now(), backlog: (await stage.system.unfinished()).backlog });
  const start = await read();
  await stage.sleep(windowMs);
  const end = await read();
  return ((start.backlog - end.backlog) * 1_000) / (end.at - start.at);
}

async function residentBytes({ pid }: ServiceProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}

/** The process may have ended. */
function ignore(): void {}
