import {
  CONFIG_SETTINGS,
  ConfigError,
  findStreamProblems,
  integer,
  PROCESS_SETTINGS,
  port,
  readEnv,
  STREAM_SETTINGS,
  TRACE_SETTINGS,
  toStreamConfig,
  toTraceSettings,
} from '@millrace/runtime';
import { z } from 'zod';

/** What the environment may say, and how the settings page words it. */
export const settings = z.object({
  CONSUMER_PORT: port().default(0).meta({
    description: 'Port of probes and metrics. `npm start` always takes a free one.',
    also: '0 is any free one',
  }),
  ...PROCESS_SETTINGS,
  ...STREAM_SETTINGS,
  ...TRACE_SETTINGS,
  ...CONFIG_SETTINGS,
  MILLRACE_CONCURRENCY: integer(1, 4_096)
    .default(64)
    .describe(
      'Entries that one consumer works on at once. Twice as many again may wait in it: for Redis to take their outcomes, and, where work is quick, for a place.',
    ),
  MILLRACE_BLOCK_MS: integer(10, 5_000).default(2_000).describe('Longest that one read waits for new entries.'),
  MILLRACE_CLAIM_IDLE_MS: integer(600, 3_600_000).default(30_000).meta({
    description:
      'An entry whose consumer has not renewed it for so long is taken over by another: how long the work of a killed consumer rests.',
    also: 'at least six times `MILLRACE_HEARTBEAT_MS`',
  }),
  MILLRACE_HEARTBEAT_MS: integer(100, 60_000)
    .default(5_000)
    .describe('How often a consumer renews the entries it is at work on.'),
  MILLRACE_SWEEP_MS: integer(50, 60_000)
    .default(5_000)
    .describe(
      'How often a consumer looks for entries that another has left behind; each time up to a fifth sooner or later. Of more than four, each looks less often, at the least every two thirds of the claim time; dead ones are counted until they are forgotten.',
    ),
  MILLRACE_MAX_STARTS: integer(1, 100)
    .default(5)
    .describe(
      'Starts of an entry that never came to an end, a crash each time, before its deliveries become dead letters.',
    ),
  MILLRACE_MAX_BLOCKED_MS: z
    .union([z.literal('0').transform(Number), integer(1_000, 600_000)])
    .default(10_000)
    .meta({
      description:
        'A consumer whose event loop has not turned for so long, because a handler does not give it back, is ended.',
      bounds: '1000 to 600000 (10 min); 0 is never',
    }),
  MILLRACE_MAX_PARKED_MS: integer(1_000, 2_592_000_000)
    .default(86_400_000)
    .describe("How long a delivery whose tool asks for input waits for somebody's answer before it expires."),
  MILLRACE_LOG_DONE_RATIO: z.coerce
    .number('must be a number from 0 to 1')
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'Share of the deliveries that are done whose line in the log is written at `info`; the others have it at `debug`. Whatever else becomes of a delivery always has its line.',
    ),
  MILLRACE_DRAIN_MS: integer(0, 600_000)
    .default(10_000)
    .describe(
      'When stopping: how long deliveries under way may go on. What is not done then goes to another consumer at once.',
    ),
  MILLRACE_RETENTION_MS: integer(0, 2_592_000_000)
    .default(86_400_000)
    .describe('How long settled entries stay in the stream. Unsettled ones always stay.'),
  MILLRACE_RETENTION_BYTES: integer(1_048_576, 1_099_511_627_776)
    .default(268_435_456)
    .describe('Memory that the stream may take in Redis before its oldest settled entries go early.'),
});

/** The consumer's settings, each within its bounds; durations in ms. */
export type ConsumerConfig = ReturnType<typeof loadConfig>;

/** Reads the settings. Throws `ConfigError` with every problem at once. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const values = readEnv(settings, env);
  const config = {
    port: values.CONSUMER_PORT,
    host: values.MILLRACE_HOST,
    ...toStreamConfig(values),
    traces: toTraceSettings(values),
    configDir: values.MILLRACE_CONFIG,
    configPollMs: values.MILLRACE_CONFIG_POLL_MS,
    concurrency: values.MILLRACE_CONCURRENCY,
    blockMs: values.MILLRACE_BLOCK_MS,
    claimIdleMs: values.MILLRACE_CLAIM_IDLE_MS,
    heartbeatMs: values.MILLRACE_HEARTBEAT_MS,
    sweepMs: values.MILLRACE_SWEEP_MS,
    maxStarts: values.MILLRACE_MAX_STARTS,
    maxBlockedMs: values.MILLRACE_MAX_BLOCKED_MS,
    maxParkedMs: values.MILLRACE_MAX_PARKED_MS,
    logDoneRatio: values.MILLRACE_LOG_DONE_RATIO,
    drainMs: values.MILLRACE_DRAIN_MS,
    retention: { maxAgeMs: values.MILLRACE_RETENTION_MS, maxBytes: values.MILLRACE_RETENTION_BYTES },
    logLevel: values.LOG_LEVEL,
  };
  const problems = [...findStreamProblems(values), ...findTimingProblems(config)];
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function findTimingProblems({ claimIdleMs, heartbeatMs }: { claimIdleMs: number; heartbeatMs: number }): string[] {
  if (claimIdleMs >= 6 * heartbeatMs) return [];
  return [
    'MILLRACE_CLAIM_IDLE_MS: must be at least six times MILLRACE_HEARTBEAT_MS, or a busy consumer loses its entries',
  ];
}
