import {
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

const schema = z.object({
  CONSUMER_PORT: port().default(0),
  ...PROCESS_SETTINGS,
  ...STREAM_SETTINGS,
  ...TRACE_SETTINGS,
  MILLRACE_CONFIG: z.string().default('config'),
  MILLRACE_CONFIG_POLL_MS: integer(0, 600_000).default(1_000),
  MILLRACE_CONCURRENCY: integer(1, 4_096).default(64),
  MILLRACE_BLOCK_MS: integer(10, 5_000).default(2_000),
  MILLRACE_CLAIM_IDLE_MS: integer(600, 3_600_000).default(30_000),
  MILLRACE_HEARTBEAT_MS: integer(100, 60_000).default(5_000),
  MILLRACE_SWEEP_MS: integer(50, 60_000).default(5_000),
  MILLRACE_MAX_STARTS: integer(1, 100).default(5),
  MILLRACE_MAX_BLOCKED_MS: z.union([z.literal('0').transform(Number), integer(1_000, 600_000)]).default(10_000),
  MILLRACE_MAX_PARKED_MS: integer(1_000, 2_592_000_000).default(86_400_000),
  MILLRACE_LOG_DONE_RATIO: z.coerce.number('must be a number from 0 to 1').min(0).max(1).default(0),
  MILLRACE_DRAIN_MS: integer(0, 600_000).default(10_000),
  MILLRACE_RETENTION_MS: integer(0, 2_592_000_000).default(86_400_000),
  MILLRACE_RETENTION_BYTES: integer(1_048_576, 1_099_511_627_776).default(268_435_456),
});

/** The consumer's settings, each within its bounds; durations in ms. */
export type ConsumerConfig = ReturnType<typeof loadConfig>;

/** Reads the settings. Throws `ConfigError` with every problem at once. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const values = readEnv(schema, env);
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
