import { Sender, TESTED_ROUTES } from '@millrace/cli';
import { TIMES, type Trigger } from '../trigger.ts';

const PER_ROUTE = 12;

/** Senders that do not know whether an answer came post their events again. */
export const sentTwice: Trigger = {
  fault: 'events are posted twice',
  isCertain: true,
  consumers: 1,
  times: TIMES,
  evidence: { 'repeats posted': PER_ROUTE * TESTED_ROUTES.length },
  minAccepted: PER_ROUTE,
  async run(stage) {
    const { producer, ledger, signal } = stage;
    // Drawn in turns: every event is one of those that are posted twice, and the second post comes after the answer.
    let draws = 0;
    const random = () => (draws++ % 2 === 0 ? 0.01 : 0.99);
    const sender = new Sender({ producer, ledger, prefix: `${stage.prefix}twice-`, duplicates: true, random });
    for (const route of TESTED_ROUTES) {
      for (let sent = 0; sent < PER_ROUTE; sent += 1) await sender.send(route, false, signal);
    }
    stage.evidence.note('repeats posted', PER_ROUTE * TESTED_ROUTES.length);
  },
};
