import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Longest time that anything may take, in ms. */
export const DAY_MS = 86_400_000;

/** A duration written as a whole number and a unit (`500ms`, `10s`, `2m`, `1h`), within bounds; becomes milliseconds. */
export function duration(minMs: number, maxMs: number): z.ZodType<number, string> {
  const message = `must be a duration such as 500ms, 10s or 2m, from ${minMs}ms to ${maxMs}ms`;
  return z.string({ error: message }).transform((text, context) => {
    const [, amount, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
    const ms = amount === undefined ? Number.NaN : Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
    if (ms >= minMs && ms <= maxMs) return ms;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}
