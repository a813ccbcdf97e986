import type { Costs } from './settings.ts';

/** As fitted on two cores of a Xeon that others used too; `npm run simulate -- --fit` prints those of another machine. */
export const FITTED: Costs = {
  redis: {
    idle: 1_360,
    coolsInMs: 0.36,
    turn: { base: 0, cold: 23 },
    socket: 3.2,
    rouse: 10,
    command: 4,
    append: { base: 24.6, cold: 130, each: 10.1 },
    read: { base: 2.1, cold: 64, each: 3.3 },
    settle: { base: 24.7, cold: 102, plain: 17, full: 40 },
    heartbeat: { base: 4.1, cold: 86, each: 12.3 },
    claim: { base: 8, cold: 79, examined: 0.52, each: 13.3 },
    promote: { base: 27, cold: 74, each: 21 },
    lanes: { base: 8.1, cold: 64, joining: 5, asking: 5 },
    look: { base: 20, cold: 69, each: 1.9 },
    publish: { base: 0, each: 1, socket: 1.4 },
    calls: { base: 10.2, cold: 72, each: 2.8 },
    sync: { base: 65, cold: 20, takes: 280 },
  },
  consumer: { reply: 26, wake: 36, entry: 86, answer: 86 },
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
