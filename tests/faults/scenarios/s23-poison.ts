import { judge } from '@millrace/cli';
import { letPoisonStrike, POISON } from '../poison.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';
import { NODE_ARGS, Supervisor } from '../supervisor.ts';

const CONSUMERS = 3;
const RATE = 60;
const GOOD_EVENTS = 1_000;
/** `MILLRACE_MAX_STARTS` by default. */
const MAX_STARTS = 5;

/** S23: one event among a thousand good ones that ends every consumer which carries it out. */
function poisoned(id: Scenario['id'], does: string, code: string, isShort: boolean): Scenario {
  return {
    id,
    title: `one event that ${does} is a dead letter, and all ${GOOD_EVENTS.toLocaleString('en')} beside it are done`,
    fault: `an event that ${does}`,
    evidence: { 'consumers that the poison has struck': 3 },
    // At most once, a crash in the middle of a call is a dead letter by contract, so those routes are left out.
    guarantees: ['at-least-once', 'effectively-once'],
    minAccepted: GOOD_EVENTS / 2,
    isShort,
    async start() {
      const system = await startSystem(0);
      await Promise.all(Array.from({ length: CONSUMERS }, () => system.startConsumer({}, NODE_ARGS)));
      return system;
    },
    async run(stage) {
      const { system, ledger, findings } = stage;
      await stage.setFaults((tool) => [
        { tool, kind: 'hang', eventIdPrefix: POISON },
        { tool, kind: 'delay', delayMs: 60 },
      ]);
      const supervisor = new Supervisor(system, CONSUMERS);
      supervisor.start();
      system.onStop(() => supervisor.stop());
      const load = stage.startLoad(RATE);
      await stage.warmUp();
      const postedAt = performance.now();
      const { routes } = await letPoisonStrike(stage, id, code);
      stage.timing('the poison is a dead letter', performance.now() - postedAt);
      const { state, reason, starts = 0 } = routes[0] ?? {};
      const isRight = state === 'dead' && reason === 'starts-exhausted' && starts <= MAX_STARTS + 1;
      findings.push(judge('poison-is-dead', isRight ? undefined : `${state} ${reason} after ${starts} starts`, false));
      await stage.until(() => ledger.size >= GOOD_EVENTS, `${GOOD_EVENTS} good events are sent`);
      await load.stop();
      await supervisor.stop();
    },
    judgeMore({ stage, routes }) {
      const delivered = routes.reduce((sum, route) => sum + route.delivered, 0);
      stage.evidence.note('good events done', delivered);
      const why = delivered >= GOOD_EVENTS ? undefined : `${delivered} of ${GOOD_EVENTS}`;
      return [judge('good-events-done', why, false)];
    },
  };
}

export const exitingPoison = poisoned('S23', 'exits its process', 'process.exit(1)', true);

const HOARD = '{ const hoard = []; for (;;) hoard.push(new Array(1e6).fill(hoard.length)); }';
export const hoardingPoison = poisoned('S23-memory', 'uses up the memory of its process', HOARD, false);

export const loopingPoison = poisoned('S23-loop', 'loops for ever', 'for (;;);', false);
