import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * A logger that writes one JSON object a line to stdout, synchronously enough that the last line before a crash is
 * there. Field names are fixed and camelCase (`eventId, ref, entryId, route, attempt, server, tool, code, durationMs,
 * err`). Anything that looks like a credential is replaced by `[redacted]`, one and two levels deep.
 */
export function createLogger(service: string, level: string, instance?: string): Logger {
  return pino({
    level,
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
