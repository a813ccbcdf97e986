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
  toStreamConfig,
} from '@millrace/runtime';
import { z } from 'zod';
import { parseOperatorKeys } from './access/operator-keys.js';
import { Redaction } from './redaction/redaction.js';
import { parseHiddenPlaces } from './redaction/rules.js';

const schema = z.object({
  OPERATOR_PORT: port().default(8090),
  ...PROCESS_SETTINGS,
  MILLRACE_CONFIG: z.string().min(1).default('config'),
  MILLRACE_CONFIG_POLL_MS: integer(0, 600_000).default(1_000),
  MILLRACE_OPERATOR_KEY: z.string().optional(),
  MILLRACE_OPERATOR_KEYS: z.string().optional(),
  MILLRACE_ALLOW_ANONYMOUS: flag().default(false),
  MILLRACE_REDACT: z.string().optional(),
  MILLRACE_REDACT_FROM: z.enum(['everybody', 'viewers']).default('everybody'),
  MILLRACE_MAX_BACKLOG: integer(1, 1_000_000_000).default(1_000_000),
  MILLRACE_MAX_EVENT_BYTES: integer(1_024, 4 * 1024 * 1024).default(256 * 1024),
  MILLRACE_APPEND_DEADLINE_MS: integer(100, 60_000).default(2_500),
  ...STREAM_SETTINGS,
});

/** The operator's settings, each within its bounds; durations in ms. */
export type OperatorConfig = ReturnType<typeof loadConfig>;

/**
 * Reads the settings. Throws `ConfigError` with every problem at once; among them an operator that others can reach, has
 * no key, and was not told that this is meant.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const values = readEnv(schema, env);
  const text = values.MILLRACE_OPERATOR_KEYS;
  const hidden = values.MILLRACE_REDACT === undefined ? { places: [] } : parseHiddenPlaces(values.MILLRACE_REDACT);
  const named = text === undefined ? { keys: [] } : parseOperatorKeys(text);
  const config = {
    port: values.OPERATOR_PORT,
    host: values.MILLRACE_HOST,
    /** The one key that callers present as a bearer token. Without any, everybody who can connect may see and steer. */
    key: values.MILLRACE_OPERATOR_KEY,
    /** Those who present keys of their own, each with a role. */
    keys: 'keys' in named ? named.keys : [],
    /** Where those keys came from, to be looked at again; undefined where they stand in the settings. */
    keysFile: env.MILLRACE_OPERATOR_KEYS_FILE || undefined,
    configPollMs: values.MILLRACE_CONFIG_POLL_MS,
    allowAnonymous: values.MILLRACE_ALLOW_ANONYMOUS,
    ...toStreamConfig(values),
    /** The configuration folder, which need not be there. */
    configDir: values.MILLRACE_CONFIG,
    /** What of events nobody, or no viewer, is shown. */
    redaction: new Redaction('places' in hidden ? hidden.places : [], values.MILLRACE_REDACT_FROM),
    /** Open work beyond which nothing is sent again or by hand. */
    maxBacklog: values.MILLRACE_MAX_BACKLOG,
    /** Largest event that is sent by hand, and largest edit of one that is sent again, in bytes. */
    maxEventBytes: values.MILLRACE_MAX_EVENT_BYTES,
    appendDeadlineMs: values.MILLRACE_APPEND_DEADLINE_MS,
    logLevel: values.LOG_LEVEL,
  };
  const openDoor = findOpenDoor({ ...config, key: config.key ?? text }, 'MILLRACE_OPERATOR_KEY');
  const problems = [
    ...('problems' in named ? named.problems : []),
    ...('problems' in hidden ? hidden.problems : []),
    ...(openDoor === undefined ? [] : [openDoor]),
    ...findStreamProblems(values),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}
