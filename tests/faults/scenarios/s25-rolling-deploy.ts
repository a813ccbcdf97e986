import { judge } from '@millrace/cli';
import { freePort } from '@millrace/testing';
import type { ServiceProcess } from '../../system/service-process.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem, TIMES } from '../start-system.ts';

const CONSUMERS = 3;
const RATE = 40;
/** Calls take longer than a consumer may drain, so that there is something to hand back. */
const CALL_MS = 1_200;
const DRAIN_MS = 300;

/** S25: every consumer and the producer are replaced, one after the other, under load. */
export const rollingDeploy: Scenario = {
  id: 'S25',
  title: 'a process that is told to stop hands its unfinished work over and exits 0, and no sender is refused',
  fault: 'SIGTERM of each consumer and of the producer in turn, each replaced first',
  evidence: { 'consumers replaced': CONSUMERS, 'entries handed back': 3, 'producers replaced': 2 },
  minAccepted: 100,
  isShort: false,
  start: () => startSystem(CONSUMERS, { proxied: ['producer'], env: { MILLRACE_DRAIN_MS: String(DRAIN_MS) } }),
  async run(stage) {
    const { system, evidence, nemesis, findings } = stage;
    await stage.slowTools(CALL_MS);
    const load = stage.startLoad(RATE);
    await stage.sleep(2_000);
    const codes: (number | null)[] = [];
    for (const old of system.runningConsumers) {
      await system.startConsumer();
      codes.push(await old.stop());
      evidence.note('consumers replaced');
      evidence.note('entries handed back', countReleased(old));
      stage.worstTiming('what was handed back is started again', await nemesis.untilTakenOver(old), 2 * TIMES.sweepMs);
    }
    for (let replaced = 0; replaced < 2; replaced += 1) {
      const old = system.producer;
      const port = await freePort();
      await system.startProducer({ PRODUCER_PORT: String(port) });
      system.proxy('producer').pointTo(port);
      codes.push(await old.stop());
      evidence.note('producers replaced');
      await stage.sleep(1_000);
    }
    await load.stop();
    const wrongCodes = codes.filter((code) => code !== 0);
    findings.push(judge('exits-0', wrongCodes.length === 0 ? undefined : `exit codes ${codes.join(', ')}`, false));
    const { posts } = stage.producer;
    const failed = posts.filter(({ status }) => (status ?? 0) >= 500).length;
    findings.push(judge('no-5xx-at-the-door', failed === 0 ? undefined : `${failed} posts`, false));
    // HTTP lets a client send on a connection that is just being closed, so a few may have to be sent again.
    evidence.note('posts without an answer', posts.filter(({ kind }) => kind !== 'answered').length);
  },
};

/** What the consumer said about it in its log. */
function countReleased({ log }: ServiceProcess): number {
  return Number(/"released":(\d+)/.exec(log)?.[1] ?? 0);
}
