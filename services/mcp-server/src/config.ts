import { integer, PROCESS_SETTINGS, port, readEnv, TRACE_SETTINGS, toTraceSettings } from '@millrace/runtime';
import { z } from 'zod';

/** The three stand-ins. They differ in port, protocol revision and tools. */
export const CLOUDS = ['aws', 'gcp', 'azure'] as const;
export type Cloud = (typeof CLOUDS)[number];

/** Everything one mock cloud can be told from outside. */
export interface Config {
  readonly cloud: Cloud;
  readonly host: string;
  readonly port: number;
  /** Names a `Host` or `Origin` header may carry, without port: the loopback names and those of the setting. */
  readonly allowedHosts: readonly string[];
  readonly witnessFile: string;
  readonly maxSessions: number;
  readonly sessionIdleMs: number;
  /** Where spans go. */
  readonly traces: ReturnType<typeof toTraceSettings>;
  readonly logLevel: string;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** What the environment may say, and how the settings page words it. */
export const settings = z.object({
  CLOUD: z.enum(CLOUDS).meta({
    description: 'Which cloud this process is. `npm start` and `docker compose` set it for each of the three.',
    fallback: 'none: required',
  }),
  ...PROCESS_SETTINGS,
  ...TRACE_SETTINGS,
  MCP_AWS_PORT: port()
    .default(4001)
    .meta({ description: 'Port of the cloud `aws`.', also: '0 is any free one, and not for `npm start`' }),
  MCP_GCP_PORT: port()
    .default(4002)
    .meta({ description: 'Port of the cloud `gcp`.', also: '0 is any free one, and not for `npm start`' }),
  MCP_AZURE_PORT: port()
    .default(4003)
    .meta({ description: 'Port of the cloud `azure`.', also: '0 is any free one, and not for `npm start`' }),
  MILLRACE_ALLOWED_HOSTS: z
    .string()
    .regex(/^[^\s,/]+(\s*,\s*[^\s,/]+)*$/, 'must be host names without port, separated by commas')
    .optional()
    .meta({
      description: 'Names by which callers may address it (`Host`, `Origin`) besides the loopback names.',
      bounds: 'names without port, separated by commas',
    }),
  WITNESS_FILE: z.string().optional().meta({
    description: 'File that every tool call and every effect is written to, seen from the working directory.',
    bounds: 'a path',
    fallback: 'none: `.millrace/witness/<cloud>.jsonl`',
  }),
  MILLRACE_MAX_SESSIONS: integer(1, 100_000)
    .default(1_000)
    .describe('MCP sessions open at once; the one used longest ago makes room.'),
  MILLRACE_SESSION_IDLE_MS: integer(1_000, 86_400_000)
    .default(1_800_000)
    .describe('A session that nobody used for so long is lost.'),
});

/** Reads the settings. Throws `ConfigError` with every problem at once. */
export function loadConfig(env?: NodeJS.ProcessEnv): Config {
  const values = readEnv(settings, env);
  const ports = { aws: values.MCP_AWS_PORT, gcp: values.MCP_GCP_PORT, azure: values.MCP_AZURE_PORT };
  const named = values.MILLRACE_ALLOWED_HOSTS?.split(',').map((name) => name.trim()) ?? [];
  return {
    cloud: values.CLOUD,
    host: values.MILLRACE_HOST,
    port: ports[values.CLOUD],
    allowedHosts: [...LOOPBACK_NAMES, ...named],
    witnessFile: values.WITNESS_FILE ?? `.millrace/witness/${values.CLOUD}.jsonl`,
    maxSessions: values.MILLRACE_MAX_SESSIONS,
    sessionIdleMs: values.MILLRACE_SESSION_IDLE_MS,
    traces: toTraceSettings(values),
    logLevel: values.LOG_LEVEL,
  };
}
