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

const Settings = z.object({
  CLOUD: z.enum(CLOUDS),
  ...PROCESS_SETTINGS,
  ...TRACE_SETTINGS,
  MCP_AWS_PORT: port().default(4001),
  MCP_GCP_PORT: port().default(4002),
  MCP_AZURE_PORT: port().default(4003),
  MILLRACE_ALLOWED_HOSTS: z
    .string()
    .regex(/^[^\s,/]+(\s*,\s*[^\s,/]+)*$/, 'must be host names without port, separated by commas')
    .optional(),
  WITNESS_FILE: z.string().optional(),
  MILLRACE_MAX_SESSIONS: integer(1, 100_000).default(1_000),
  MILLRACE_SESSION_IDLE_MS: integer(1_000, 86_400_000).default(1_800_000),
});

/** Reads the settings. Throws `ConfigError` with every problem at once. */
export function loadConfig(env?: NodeJS.ProcessEnv): Config {
  const settings = readEnv(Settings, env);
  const ports = { aws: settings.MCP_AWS_PORT, gcp: settings.MCP_GCP_PORT, azure: settings.MCP_AZURE_PORT };
  const named = settings.MILLRACE_ALLOWED_HOSTS?.split(',').map((name) => name.trim()) ?? [];
  return {
    cloud: settings.CLOUD,
    host: settings.MILLRACE_HOST,
    port: ports[settings.CLOUD],
    allowedHosts: [...LOOPBACK_NAMES, ...named],
    witnessFile: settings.WITNESS_FILE ?? `.millrace/witness/${settings.CLOUD}.jsonl`,
    maxSessions: settings.MILLRACE_MAX_SESSIONS,
    sessionIdleMs: settings.MILLRACE_SESSION_IDLE_MS,
    traces: toTraceSettings(settings),
    logLevel: settings.LOG_LEVEL,
  };
}
