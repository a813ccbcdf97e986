import type { Costs } from './settings.ts';

/** As fitted on two cores of a Xeon that others used too; `npm run simulate -- --fit` prints those of another machine. */
export const FITTED: Costs = {
  redis: {
    turn: 1,
    socket: 4.6,
    command: 3.7,
    append: { base: 51, each: 10.9 },
    read: { base: 7.8, each: 3.5 },
    settle: { base: 46, plain: 16.2, full: 36.5 },
    heartbeat: { base: 10.1, each: 13.4 },
    claim: { base: 15.5, examined: 0.66, each: 13.9 },
    promote: { base: 52.6, each: 18.9 },
    lanes: { base: 13.6, joining: 5, asking: 5 },
    look: { base: 24.1, each: 2.1 },
    publish: { base: 0.3, each: 1.2, socket: 1.6 },
    calls: { base: 17, each: 3.4 },
    sync: { work: 70, takes: 400 },
  },
  consumer: { reply: 28, wake: 35, entry: 88, answer: 88 },
};
