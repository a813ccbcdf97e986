import {
  ConfigError,
  findOpenDoor,
  findStreamProblems,
  flag,
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
  PRODUCER_PORT: port().default(8080),
  ...PROCESS_SETTINGS,
  ...STREAM_SETTINGS,
  ...TRACE_SETTINGS,
  MILLRACE_CONFIG: z.string().min(1).default('config'),
  MILLRACE_MAX_BACKLOG: integer(1, 1_000_000_000).default(1_000_000),
  MILLRACE_MAX_EVENT_BYTES: integer(1_024, 4 * 1024 * 1024).default(256 * 1024),
  MILLRACE_APPEND_DEADLINE_MS: integer(100, 60_000).default(2_500),
  MILLRACE_MAX_WAITERS: integer(0, 100_000).default(1_000),
  MILLRACE_MAX_RECORD_STREAMS: integer(0, 100_000).default(200),
  MILLRACE_DEFAULT_SOURCE: z.string().min(1).default('/millrace/http'),
  MILLRACE_API_KEY: z.string().optional(),
  MILLRACE_KEYS_FILE: z.string().optional(),
  MILLRACE_CONFIG_POLL_MS: integer(0, 600_000).default(1_000),
  MILLRACE_ALLOW_ANONYMOUS: flag().default(false),
});

/** Everything the producer can be told. Names match the environment: `maxBacklog` is `MILLRACE_MAX_BACKLOG`. */
export interface ProducerConfig extends ReturnType<typeof toStreamConfig> {
  readonly port: number;
  readonly host: string;
  /** Where spans go. */
  readonly traces: ReturnType<typeof toTraceSettings>;
  /** The configuration folder; event schemas are in its folder `schemas`. */
  readonly configDir: string;
  /** Open work, in entries and waiting deliveries, beyond which new events are refused. */
  readonly maxBacklog: number;
  readonly maxEventBytes: number;
  /** Longest time an append may take before the sender is told to come back. */
  readonly appendDeadlineMs: number;
  /** Requests that may wait for an outcome at once; the next one is answered 202 as if it had not asked to wait. */
  readonly maxWaiters: number;
  /** Streams of a record that may be open at once. */
  readonly maxRecordStreams: number;
  /** The `source` of events that were posted as plain JSON without one. */
  readonly defaultSource: string;
  /** A key that callers present as a bearer token and that may do everything. Without it and a keys file, anybody may post. */
  readonly apiKey: string | undefined;
  /** Path of the file of keys, each with its types and its rate. */
  readonly keysFile: string | undefined;
  /** How often the keys file is looked at for changes; 0 for never. */
  readonly configPollMs: number;
  readonly logLevel: string;
}

/**
 * Reads the settings. Throws `ConfigError` with every problem at once; among them a producer that others can reach, has
 * no key, and was not told with `MILLRACE_ALLOW_ANONYMOUS=true` that this is meant.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): ProducerConfig {
  const values = readEnv(schema, env);
  const problems = findStreamProblems(values);
  const access = {
    host: values.MILLRACE_HOST,
    key: values.MILLRACE_API_KEY ?? values.MILLRACE_KEYS_FILE,
    allowAnonymous: values.MILLRACE_ALLOW_ANONYMOUS,
  };
  const openDoor = findOpenDoor(access, 'MILLRACE_API_KEY or MILLRACE_KEYS_FILE');
  if (openDoor !== undefined) problems.push(openDoor);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    port: values.PRODUCER_PORT,
    host: values.MILLRACE_HOST,
    ...toStreamConfig(values),
    traces: toTraceSettings(values),
    configDir: values.MILLRACE_CONFIG,
    maxBacklog: values.MILLRACE_MAX_BACKLOG,
    maxEventBytes: values.MILLRACE_MAX_EVENT_BYTES,
    appendDeadlineMs: values.MILLRACE_APPEND_DEADLINE_MS,
    maxWaiters: values.MILLRACE_MAX_WAITERS,
    maxRecordStreams: values.MILLRACE_MAX_RECORD_STREAMS,
    defaultSource: values.MILLRACE_DEFAULT_SOURCE,
    apiKey: values.MILLRACE_API_KEY,
    keysFile: values.MILLRACE_KEYS_FILE,
    configPollMs: values.MILLRACE_CONFIG_POLL_MS,
    logLevel: values.LOG_LEVEL,
  };
}
