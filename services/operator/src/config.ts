import {
  ACCESS_SETTINGS,
  APPEND_SETTINGS,
  CONFIG_SETTINGS,
  ConfigError,
  findOpenDoor,
  findStreamProblems,
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

/** What the environment may say, and how the settings page words it. */
export const settings = z.object({
  OPERATOR_PORT: port()
    .default(8090)
    .meta({ description: 'Port of the admin API.', also: '0 is any free one, and not for `npm start`' }),
  ...PROCESS_SETTINGS,
  ...CONFIG_SETTINGS,
  MILLRACE_OPERATOR_KEY: z.string().optional().meta({
    description:
      'The key that callers present as `Authorization: Bearer`. Unset: none is asked for. Required where others can reach the operator, or else `MILLRACE_ALLOW_ANONYMOUS=true`.',
    bounds: 'a secret',
  }),
  MILLRACE_OPERATOR_KEYS: z.string().optional().meta({
    description:
      'Keys of people, each with a name and a role, mostly given as `MILLRACE_OPERATOR_KEYS_FILE`: [operations](operations.md#who-may-look-and-who-may-steer). A changed file is taken without a restart.',
    bounds: 'YAML; a secret',
  }),
  ...ACCESS_SETTINGS,
  MILLRACE_REDACT: z.string().optional().meta({
    description:
      'What of events is not shown, such as `data.card.number`; mostly given as `MILLRACE_REDACT_FILE`: [operations](operations.md#hiding-parts-of-events). Read at the start.',
    bounds: 'paths, separated by commas or line breaks',
  }),
  MILLRACE_REDACT_FROM: z
    .enum(['everybody', 'viewers'])
    .default('everybody')
    .describe('From whom that is hidden: from everybody, or from who may only look.'),
  ...APPEND_SETTINGS,
  ...STREAM_SETTINGS,
});

/** The operator's settings, each within its bounds; durations in ms. */
export type OperatorConfig = ReturnType<typeof loadConfig>;

/**
 * Reads the settings. Throws `ConfigError` with every problem at once; among them an operator that others can reach, has
 * no key, and was not told that this is meant.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const values = readEnv(settings, env);
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
