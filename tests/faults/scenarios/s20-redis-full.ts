import { judge } from '@millrace/cli';
import { startRedisServer } from '@millrace/testing';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const LIMIT_BYTES = 24 * 1024 * 1024;
const RATE = 40;
const REFUSED = 'events refused with 503 while Redis was nearly full';

/** S20: Redis runs into its `maxmemory` with work in flight. */
export const redisFull: Scenario = {
  id: 'S20',
  title: 'a Redis that is full to the brim refuses what is new and settles what it has',
  fault: 'maxmemory reached',
  evidence: { [REFUSED]: 1, 'writes refused with OOM': 1, 'entries held when Redis was full': 1 },
  minAccepted: 40,
  isShort: true,
  start: async () => startSystem(2, { redis: await startRedisServer(['--maxmemory', String(LIMIT_BYTES)]) }),
  async run(stage) {
    const { system, evidence, producer } = stage;
    await stage.slowTools(100);
    const load = stage.startLoad(RATE);
    await stage.sleep(3_000);
    for (const consumer of system.runningConsumers) consumer.freeze();
    await stage.until(async () => (await system.unfinished()).backlog > 20, 'work has gathered');
    const fullAt = performance.now();
    const filler = 'x'.repeat(64 * 1024);
    for (let n = 0; evidence.seen('writes refused with OOM') === 0; n += 1) {
      const refused = await system.redis.set(`filler:${n}`, filler).then(
        () => false,
        (error: Error) => error.message.startsWith('OOM'),
      );
      if (refused) evidence.note('writes refused with OOM');
    }
    evidence.note('entries held when Redis was full', (await system.unfinished()).pending);
    const isRefused = ({ at, status }: { at: number; status: number | undefined }) => at > fullAt && status === 503;
    await stage.until(() => producer.posts.some(isRefused), 'new events are refused');
    evidence.note(REFUSED, producer.posts.filter(isRefused).length);
    for (const consumer of system.runningConsumers) consumer.thaw();
    const drained = await stage
      .until(async () => (await system.unfinished()).backlog === 0 && 'drained', 'everything is settled')
      .catch(() => 'stuck');
    const isFull = await system.redis.set('filler:last', filler).then(
      () => false,
      () => true,
    );
    stage.findings.push(
      judge('settles-while-full', drained === 'drained' ? undefined : 'the backlog stayed', false),
      judge(
        'was-full-to-the-end',
        isFull ? undefined : 'there was room again before everything was settled',
        'unknown',
      ),
    );
    const names = await system.redis.keys('filler:*');
    await system.redis.del(...names);
    const freedAt = performance.now();
    await stage.until(() => producer.posts.some(({ at, status }) => at > freedAt && status === 202), 'events come in');
    stage.timing('events are accepted once there is room', performance.now() - freedAt, 5_000);
    await load.stop();
  },
};
