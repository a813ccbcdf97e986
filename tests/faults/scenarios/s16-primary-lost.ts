import {
  type ReplicatedRedis,
  type Sentinels,
  startReplicatedRedis,
  startSentinels,
  withRedis,
} from '../../system/replicated-redis.ts';
import { ACCEPTED_AT_LAST, acceptedBefore } from '../redis-killing.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const RATE = 60;
const PROMOTIONS = 2;
const PROMOTED = 'replicas promoted after the primary was killed';
const UNCONFIRMED = 'starts that the primary had and no replica, when it was killed';

let redis: ReplicatedRedis;
let sentinels: Sentinels;

/** How many of those it takes: what a consumer writes at once shares one wait, so they come by the dozen. */
const MIN_UNCONFIRMED = 10;
/** How long consumers are held up, in ms: less than a claim idle. */
const GATHER_MS = 700;

/**
 * S16: the primary is killed, and Sentinel promotes a replica. Right before, the replicas are held up, so that writes
 * are caught between the primary and its wait for them; and before that the consumers are, so that there are many.
 */
export const primaryLost: Scenario = {
  id: 'S16',
  title: 'with replicated, nothing that was accepted or begun is lost with the primary',
  fault: 'kill -9 of the primary while writes wait for their replicas; Sentinel promotes one',
  evidence: { [PROMOTED]: PROMOTIONS, [UNCONFIRMED]: MIN_UNCONFIRMED, [ACCEPTED_AT_LAST]: 2 },
  minAccepted: 100,
  isShort: false,
  async start() {
    redis = await startReplicatedRedis(2);
    sentinels = await startSentinels(redis.nodes[0] ?? redis.server, 3);
    const env = { MILLRACE_DURABILITY: 'replicated', ...sentinels.env };
    const system = await startSystem(2, { redis: redis.server, env });
    system.onStop(() => sentinels.stop());
    return system;
  },
  async run(stage) {
    await stage.slowTools(80);
    const load = stage.startLoad(RATE);
    for (let n = 0; n < PROMOTIONS; n += 1) {
      await stage.until(async () => (await stage.system.unfinished()).pending > 0, 'work is held');
      await stage.sleep(1_000);
      await losePrimary(stage);
      await stage.sleep(2_000);
    }
    await load.stop();
  },
};

async function losePrimary(stage: Stage): Promise<void> {
  const { evidence, producer } = stage;
  const old = redis.primary();
  const replicas = redis.nodes.filter((node) => node !== old);
  const consumers = stage.system.runningConsumers;
  for (const consumer of consumers) consumer.freeze();
  await stage.sleep(GATHER_MS);
  evidence.note(ACCEPTED_AT_LAST, acceptedBefore(stage, performance.now(), 200));
  for (const replica of replicas) replica.freeze();
  for (const consumer of consumers) consumer.thaw();
  await stage.sleep(600);
  const begun = await startsIn(old);
  const killedAt = performance.now();
  await old.kill();
  // What a frozen replica had received and not read would reach it after all; so that is lost with its process.
  for (const replica of replicas) await replica.kill();
  for (const replica of replicas) await replica.restart(replicaOf(old));
  const port = await stage.until(async () => {
    const known = await sentinels.primaryPort();
    return known !== old.port && known;
  }, 'the sentinels have promoted a replica');
  const promoted = redis.nodes.find((node) => node.port === port);
  if (promoted === undefined) throw new Error(`nobody listens on ${port}`);
  await stage.until(
    () => withRedis(promoted, async (one) => (await one.info('replication')).includes('role:master')),
    'it is one',
  );
  evidence.note(PROMOTED);
  const kept = await startsIn(promoted);
  evidence.note(UNCONFIRMED, [...begun].filter((start) => !kept.has(start)).length);
  redis.pointTo(promoted);
  redis.address.reset();
  await old.restart(replicaOf(promoted));
  const mended = () => producer.posts.some(({ at, status }) => at > killedAt && status === 202);
  await stage.until(mended, 'events are accepted by the new primary');
  const first = producer.posts.find(({ at, status }) => at > killedAt && status === 202);
  stage.worstTiming('no event was accepted for', (first?.at ?? killedAt) - killedAt, 6_000);
}

function replicaOf({ port }: { readonly port: number }): readonly string[] {
  return ['--repl-diskless-sync-delay', '0', '--replicaof', '127.0.0.1', String(port)];
}

/** Every recorded start that a server has: record and route. */
async function startsIn(server: { readonly port: number }): Promise<ReadonlySet<string>> {
  return withRedis(server, async (one) => {
    const all = await one.keys('millrace:{0}:record:*');
    const types = await Promise.all(all.map((record) => one.type(record)));
    // One that is no hash is of a delivery that recorded no start.
    const records = all.filter((_, n) => types[n] === 'hash');
    const fields = await Promise.all(records.map((record) => one.hkeys(record)));
    return new Set(
      records.flatMap((record, n) =>
        (fields[n] ?? []).filter((field) => field.startsWith('effect:')).map((field) => `${record} ${field}`),
      ),
    );
  });
}
