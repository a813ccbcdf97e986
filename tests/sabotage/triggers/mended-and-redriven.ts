import { fileURLToPath } from 'node:url';
import { judgeIds } from '@millrace/cli';
import { TIMES, type Trigger } from '../trigger.ts';

const RATE = 60;
const EVENTS = 45;
const BROKEN = fileURLToPath(new URL('../config-broken-follow-up', import.meta.url));

/** Calls are answered and their deliveries dead all the same, until the routes are mended and everything is redriven. */
export const mendedAndRedriven: Trigger = {
  fault: 'deliveries die after their answers, and are redriven',
  consumers: 0,
  times: TIMES,
  evidence: { 'answered and dead': EVENTS / 3 },
  minAccepted: 10,
  async run(stage) {
    const { system, operator } = stage;
    const consumer = await system.startConsumer({ MILLRACE_CONFIG: BROKEN });
    const load = stage.startLoad(RATE);
    await stage.until(() => stage.ledger.size >= EVENTS, 'enough events have been sent');
    await load.stop();
    await system.untilIdle(60_000);
    stage.evidence.note('answered and dead', await system.deadLetters());
    await consumer.stop();
    await system.startConsumer();
    const json = JSON.stringify({ filter: {} });
    await operator.request({ method: 'POST', path: '/v1/dead-letters/redrives', json });
    await stage.until(async () => (await system.deadLetters()) === 0, 'every dead letter is redriven');
  },
  judgeMore: ({ history }) => {
    const charges = history.witnesses.flatMap(({ tallies }) => tallies).filter(({ tool }) => tool === 'card.charge');
    return [
      judgeIds(
        'answer-served-again',
        charges.filter(({ reached }) => reached > 1).map(({ eventId }) => eventId),
      ),
    ];
  },
};
