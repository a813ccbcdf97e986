import { type Guarantee, judge } from '@millrace/cli';
import type { Cloud } from '../../system/mock-cloud.ts';
import { findHolder } from '../../system/redis-facts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { recoveryBoundMs, startSystem } from '../start-system.ts';

/** Ten beats in a claim time: a machine that is busy with other things must not make a live consumer look dead. */
const TIMES = { claimIdleMs: 3_000, heartbeatMs: 300, sweepMs: 250 };
const CALL_MS = 10 * TIMES.claimIdleMs;
const RATE = 20;
/** The beginning of the ids of the events whose calls take long. */
const LONG = 'long-';

/** An event of which the call takes long, beside the load. */
interface LongEvent {
  readonly guarantee: Guarantee;
  readonly id: string;
  readonly ref: string;
  readonly cloud: Cloud;
}

/** S6: calls that take ten claim times, while their consumer lives and when it dies. */
export const longCalls: Scenario = {
  id: 'S6',
  title: 'a call of ten claim times is made once under a live consumer, and again when that one dies',
  fault: 'tools that take 10 claim times, then kill -9 of their consumers',
  evidence: { 'calls of ten claim times': 3, 'kills in the middle of one': 3 },
  minAccepted: 100,
  isShort: true,
  start: () => startSystem(3, { times: TIMES }),
  async run(stage) {
    await stage.setFaults((tool) => [{ tool, kind: 'delay', delayMs: CALL_MS, eventIdPrefix: LONG }]);
    const load = stage.startLoad(RATE);
    await waitForOne(stage, await post(stage, 'live'));
    await killInTheMiddle(stage, await post(stage, 'killed'));
    await load.stop();
  },
};

/** Resolves when the call of each of them is under way. */
async function post(stage: Stage, name: string): Promise<readonly LongEvent[]> {
  const { system, routes } = stage;
  const events = await Promise.all(
    routes.map(async ({ guarantee, type, cloud }) => {
      const id = `${LONG}${name}-${guarantee}`;
      const { body } = await system.post({ type, id, data: {} });
      return { guarantee, id, ref: body.ref, cloud: cloud as Cloud };
    }),
  );
  const areUnderWay = async () =>
    (await Promise.all(events.map((one) => countRequests(stage, one)))).every((n) => n > 0);
  await stage.until(areUnderWay, 'the long calls are under way');
  return events;
}

/** Under live consumers: one request, and as many starts as attempts. */
async function waitForOne(stage: Stage, events: readonly LongEvent[]): Promise<void> {
  for (const event of events) {
    const { guarantee, ref } = event;
    const { routes, acceptedAt, finishedAt } = await stage.system.untilState(ref, 'done', 3 * CALL_MS);
    const { starts = 0, attempts = 0 } = routes[0] ?? {};
    const requests = await countRequests(stage, event);
    const tookMs = Date.parse(finishedAt ?? '') - Date.parse(acceptedAt);
    if (tookMs >= CALL_MS) stage.evidence.note('calls of ten claim times');
    stage.timing(`${guarantee}: a call of ten claim times`, tookMs);
    const why = requests === 1 && starts === attempts ? undefined : `${starts} starts, ${requests} requests`;
    stage.findings.push(judge(`long-call-once ${guarantee}`, why, false));
  }
}

/** Every consumer that holds one of them is killed; after that, calls are quick again. */
async function killInTheMiddle(stage: Stage, events: readonly LongEvent[]): Promise<void> {
  const { system, evidence } = stage;
  const holders = await Promise.all(events.map(({ ref }) => findHolder(system.facts, ref)));
  const pids = new Set(holders.map((holder) => holder?.pid));
  const victims = system.runningConsumers.filter(({ pid }) => pids.has(pid));
  await stage.setFaults(() => []);
  await Promise.all(victims.map((one) => one.kill()));
  const diedAt = performance.now();
  evidence.note('kills in the middle of one', holders.filter((one) => one !== undefined).length);
  const started = Promise.all(victims.map(() => system.startConsumer()));
  for (const event of events) {
    const { guarantee, ref } = event;
    const isRepeated = guarantee !== 'at-most-once';
    const { routes } = await system.untilState(ref, isRepeated ? 'done' : 'dead', 60_000);
    stage.timing(`${guarantee}: its end after the death`, performance.now() - diedAt, recoveryBoundMs(TIMES));
    const requests = await countRequests(stage, event);
    const isRight = isRepeated ? requests === 2 : requests === 1 && routes[0]?.reason === 'outcome-unknown';
    const why = isRight ? undefined : `${requests} requests, ${routes[0]?.state} ${routes[0]?.reason ?? ''}`;
    stage.findings.push(judge(`long-call-after-death ${guarantee}`, why, false));
  }
  await started;
}

async function countRequests({ system }: Stage, { cloud, id }: LongEvent): Promise<number> {
  return (await system.witnessed(cloud)).get(id)?.requests ?? 0;
}
