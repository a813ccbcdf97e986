import { type Finding, judge, judgeIds } from '@millrace/cli';
import { freePort } from '@millrace/testing';
import { ORDERED_EVENTS, startBothLoads } from '../both-loads.ts';
import type { OrderedLoad } from '../ordered-load.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const CONSUMERS = 3;
const PRODUCERS = 2;
/** Long enough that a machine which is busy with other things does not look like a dead consumer. */
const PATIENT = { claimIdleMs: 12_000, heartbeatMs: 500, sweepMs: 500 };
const PAUSE_MS = 1_000;
/** Posts of an event of which all but the last were refused: with one, a single retry after a second has healed it. */
const MOST_POSTS = 2;

let ordered: OrderedLoad;

/** S36: every process of every service is replaced, one at a time, under load along an ordered route among others. */
export const rollingUpdate: Scenario = {
  id: 'S36',
  title: 'a rolling update of all services refuses no event for longer than a second, repeats none and reorders none',
  fault: 'SIGTERM of each consumer, of the operator and of the producer in turn, each replaced',
  evidence: {
    'consumers replaced': CONSUMERS,
    'operators replaced': 1,
    'producers replaced': PRODUCERS,
    [ORDERED_EVENTS]: 300,
  },
  minAccepted: 60,
  isShort: false,
  // The operator is started again where it was; the producer behind an address, as behind a service of a platform.
  start: async () =>
    startSystem(CONSUMERS, { times: PATIENT, proxied: ['producer'], env: { OPERATOR_PORT: String(await freePort()) } }),
  async run(stage) {
    const loads = await startBothLoads(stage);
    ordered = loads.ordered;
    const codes: (number | null)[] = [];
    for (const old of stage.system.runningConsumers) {
      codes.push(await old.stop());
      await stage.system.startConsumer();
      stage.evidence.note('consumers replaced');
      await stage.sleep(PAUSE_MS);
    }
    codes.push(await stage.system.operator.stop());
    await stage.system.startOperator();
    stage.evidence.note('operators replaced');
    for (let replaced = 0; replaced < PRODUCERS; replaced += 1) {
      codes.push(await replaceProducer(stage));
      await stage.sleep(PAUSE_MS);
    }
    await ordered.untilEachHas(2);
    await loads.stop();
    const isClean = codes.every((code) => code === 0);
    stage.findings.push(judge('exits-0', isClean ? undefined : `exit codes ${codes.join(', ')}`, false));
  },
  async judgeMore({ stage, history }) {
    const { posts } = stage.producer;
    stage.evidence.note('posts answered 5xx', posts.filter(({ status }) => (status ?? 0) >= 500).length);
    stage.evidence.note('posts without an answer', posts.filter(({ kind }) => kind !== 'answered').length);
    return [...judgeCalls(history.witnesses), judgeRetries(ordered), ...(await ordered.judge())];
  },
};

/** The new one is there before the old one goes. */
async function replaceProducer({ system, evidence }: Stage): Promise<number | null> {
  const old = system.producer;
  const port = await freePort();
  await system.startProducer({ PRODUCER_PORT: String(port) });
  system.proxy('producer').pointTo(port);
  evidence.note('producers replaced');
  return old.stop();
}

/** Whoever drains has the time for it, so nothing is handed over: of no route anything is called twice. */
function judgeCalls(witnesses: Parameters<NonNullable<Scenario['judgeMore']>>[0]['history']['witnesses']): Finding[] {
  const tallies = witnesses.flatMap((account) => account.tallies);
  const ids = tallies.filter(({ reached }) => reached !== 1).map(({ eventId }) => eventId);
  return [judgeIds('called-once', ids)];
}

function judgeRetries({ mostPosts }: OrderedLoad): Finding {
  const why = mostPosts <= MOST_POSTS ? undefined : `an event was posted ${mostPosts} times, a second apart`;
  return judge('healed-by-one-retry', why, false);
}
