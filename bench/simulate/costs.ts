import type { Costs } from './settings.ts';

/** As fitted on two cores of a Xeon that others used too; `npm run simulate -- --fit` prints those of another machine. */
export const FITTED: Costs = {
  redis: {
    turn: 4.7,
    command: 3,
    append: { base: 51, each: 10.9 },
    read: { base: 7.8, each: 3.5 },
    settle: { base: 46, plain: 16.2, full: 36.5 },
    heartbeat: { base: 10.1, each: 13.4 },
    claim: { base: 15.5, examined: 0.66, each: 13.9 },
    promote: { base: 52.6, each: 18.9 },
    lanes: { base: 13.6, joining: 5, asking: 5 },
    sync: { work: 70, takes: 400 },
  },
  consumer: { reply: 22, entry: 88, answer: 88 },
};
