import type { Costs } from './settings.ts';

/** As fitted on two cores of a Xeon; `npm run simulate -- --fit` prints those of another machine. */
export const FITTED: Costs = {
  redis: {
    idle: 1_650,
    coldAfter: { '0.1': 0.787, '0.3': 0.676, '1': 0.711, '4': 1, '16': 1.87, '64': 2.36 },
    turn: { base: 6.62, cold: 15.5 },
    socket: 3.22,
    rouse: 4.04,
    command: 4.29,
    append: { base: 12.3, cold: 77.7, each: 9.75 },
    read: { base: 2.52, cold: 1.86 },
    deliver: { base: 0, cold: 37.1, each: 4.55 },
    settle: { base: 17.8, cold: 96, plain: 10.8, full: 36 },
    heartbeat: { base: 5.14, cold: 72.2, each: 13.1 },
    claim: { base: 7.67, cold: 70.8, each: 12.1, examined: 0.502 },
    promote: { base: 31.6, cold: 80.5, each: 19.5 },
    lanes: { base: 7.37, cold: 62.2, joining: 5.16, asking: 5.16 },
    look: { base: 23.3, cold: 61.8, each: 1.86 },
    publish: { base: 0.414, each: 1.45, socket: 1.15 },
    calls: { base: 8.58, cold: 56.9, each: 2.76 },
    sync: { base: 0, cold: 110, takes: 287 },
  },
  consumer: { reply: 28, wake: 44, entry: 96, answer: 96 },
};

/** Costs as `--fit` prints them; what else it prints is passed over. Throws, saying what, where one is missing or is no number. */
export function parseCosts(text: string): Costs {
  const given = JSON.parse(text) as Record<string, unknown>;
  return read(FITTED, given, 'costs') as Costs;
}

function read(shape: object, given: unknown, where: string): object {
  const names = Object.entries(shape).map(([name, like]: [string, unknown]) => {
    const value = (given as Record<string, unknown> | undefined)?.[name];
    if (typeof like === 'object' && like !== null) return [name, read(like, value, `${where}.${name}`)];
    if (typeof value !== 'number' || !(value >= 0)) throw new Error(`${where}.${name} must be a number from 0 on`);
    return [name, value];
  });
  return Object.fromEntries(names) as object;
}
