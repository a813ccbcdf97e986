import {
  ACCESS_SETTINGS,
  APPEND_SETTINGS,
  CONFIG_SETTINGS,
  ConfigError,
  findOpenDoor,
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
  PRODUCER_PORT: port()
    .default(8080)
    .meta({ description: 'Port of the public HTTP API.', also: '0 is any free one, and not for `npm start`' }),
  MILLRACE_API_KEY: z.string().optional().meta({
    description:
      'One key that senders present as `Authorization: Bearer`; it may send everything. With neither it nor `MILLRACE_KEYS_FILE` no key is asked for; where others can reach the producer one of them is required, or else `MILLRACE_ALLOW_ANONYMOUS=true`.',
    bounds: 'a secret',
  }),
  MILLRACE_KEYS_FILE: z.string().optional().meta({
    description: 'File of keys, each with the event types it may send and its rate: [Sending events](ingest.md#keys).',
    bounds: 'a path',
  }),
  ...ACCESS_SETTINGS,
  ...PROCESS_SETTINGS,
  ...STREAM_SETTINGS,
  ...TRACE_SETTINGS,
  ...CONFIG_SETTINGS,
  ...APPEND_SETTINGS,
  MILLRACE_MAX_WAITERS: integer(0, 100_000)
    .default(1_000)
    .describe(
      'Requests with `Prefer: wait` that may wait at once; the next one is answered 202 as if it had not asked to.',
    ),
  MILLRACE_MAX_RECORD_STREAMS: integer(0, 100_000)
    .default(200)
    .describe('Streams of a record (`/v1/events/{ref}/stream`) that may be open at once.'),
  MILLRACE_DEFAULT_SOURCE: z
    .string()
    .min(1)
    .default('/millrace/http')
    .meta({ description: 'The `source` of events that were posted as plain JSON without one.', bounds: 'not empty' }),
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
  const values = readEnv(settings, env);
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
