import { type Logger, pino } from 'pino';
import { createLineLimit } from './line-limit.js';

/** Pino's number of the level from which on lines are bounded. */
const WARN = 40;

export type { Logger } from 'pino';

/**
 * A logger that writes one JSON object a line to stdout, synchronously enough that the last line before a crash is
 * there. Field names are fixed and camelCase (`eventId, ref, entryId, route, attempt, server, tool, code, durationMs,
 * err`). Of one warning or error there are at most a few lines in a second; `leftOut` says how many like it were not
 * written. Anything that looks like a credential is replaced by `[redacted]`, one and two levels deep.
 */
export function createLogger(service: string, level: string, instance?: string): Logger {
  const limit = createLineLimit(() => performance.now());
  return pino({
    level,
    hooks: {
      logMethod(args, method, number) {
        const [first] = args as readonly unknown[];
        const message = (args as readonly unknown[]).find((arg) => typeof arg === 'string');
        const leftOut = number < WARN || message === undefined ? 0 : limit(message);
        if (leftOut === undefined) return;
        if (leftOut === 0) method.apply(this, args);
        else method.apply(this, [{ ...(typeof first === 'object' ? first : {}), leftOut }, message ?? '']);
      },
    },
    base: { service, ...(instance === undefined ? {} : { instance }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'authorization',
        'password',
        'apiKey',
        'token',
        'headers',
        '*.authorization',
        '*.password',
        '*.apiKey',
        '*.token',
        '*.headers',
      ],
      censor: '[redacted]',
    },
  });
}
