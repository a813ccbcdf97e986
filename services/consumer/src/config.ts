import { ConfigError, integer, port, readEnv } from '@millrace/runtime';
import { z } from 'zod';

const schema = z.object({
  CONSUMER_PORT: port().default(0),
  MILLRACE_HOST: z.string().default('127.0.0.1'),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  MILLRACE_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('millrace'),
  MILLRACE_DURABILITY: z.enum(['memory', 'fsync']).default('fsync'),
  MILLRACE_CONFIG: z.string().default('config'),
  MILLRACE_CONCURRENCY: integer(1, 4_096).default(64),
  MILLRACE_BLOCK_MS: integer(10, 5_000).default(2_000),
  MILLRACE_CLAIM_IDLE_MS: integer(600, 3_600_000).default(30_000),
  MILLRACE_HEARTBEAT_MS: integer(100, 60_000).default(5_000),
  MILLRACE_SWEEP_MS: integer(50, 60_000).default(5_000),
  MILLRACE_MAX_STARTS: integer(1, 100).default(5),
  MILLRACE_DRAIN_MS: integer(0, 600_000).default(10_000),
  MILLRACE_IDENTITY_TTL_MS: integer(1_000, 2_592_000_000).default(3_600_000),
  MILLRACE_RECORD_TTL_MS: integer(1_000, 2_592_000_000).default(86_400_000),
  MILLRACE_RETENTION_MS: integer(0, 2_592_000_000).default(86_400_000),
  MILLRACE_RETENTION_BYTES: integer(1_048_576, 1_099_511_627_776).default(268_435_456),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The consumer's settings, each within its bounds; durations in ms. */
export type ConsumerConfig = ReturnType<typeof loadConfig>;

/** Reads the settings. Throws `ConfigError` with every problem at once. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const values = readEnv(schema, env);
  const config = {
    port: values.CONSUMER_PORT,
    host: values.MILLRACE_HOST,
    redisUrl: values.REDIS_URL,
    namespace: values.MILLRACE_NAMESPACE,
    durability: values.MILLRACE_DURABILITY,
    configDir: values.MILLRACE_CONFIG,
    concurrency: values.MILLRACE_CONCURRENCY,
    blockMs: values.MILLRACE_BLOCK_MS,
    claimIdleMs: values.MILLRACE_CLAIM_IDLE_MS,
    heartbeatMs: values.MILLRACE_HEARTBEAT_MS,
    sweepMs: values.MILLRACE_SWEEP_MS,
    maxStarts: values.MILLRACE_MAX_STARTS,
    drainMs: values.MILLRACE_DRAIN_MS,
    identityTtlMs: values.MILLRACE_IDENTITY_TTL_MS,
    recordTtlMs: values.MILLRACE_RECORD_TTL_MS,
    retention: { maxAgeMs: values.MILLRACE_RETENTION_MS, maxBytes: values.MILLRACE_RETENTION_BYTES },
    logLevel: values.LOG_LEVEL,
  };
  const problems = findContradictions(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function findContradictions(config: {
  claimIdleMs: number;
  heartbeatMs: number;
  identityTtlMs: number;
  recordTtlMs: number;
}) {
  const problems: string[] = [];
  if (config.claimIdleMs < 6 * config.heartbeatMs) {
    problems.push(
      'MILLRACE_CLAIM_IDLE_MS: must be at least six times MILLRACE_HEARTBEAT_MS, or a busy consumer loses its entries',
    );
  }
  if (config.identityTtlMs > config.recordTtlMs) {
    problems.push(
      'MILLRACE_IDENTITY_TTL_MS: must not be longer than MILLRACE_RECORD_TTL_MS, a duplicate names its record',
    );
  }
  return problems;
}
