import { type ConfigProblem, readYaml } from '@millrace/config-files';
import { z } from 'zod';
import { duration } from './duration.js';
import { RouteError } from './errors.js';

const serverSchema = z.strictObject({
  url: z.string().min(1),
  /** Name of the environment variable that holds the bearer token; `<NAME>_FILE` works as for every secret. */
  bearerTokenFrom: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable')
    .optional(),
  headers: z.record(z.string(), z.string()).optional(),
  concurrency: z.int().min(1).max(1_024).default(32),
  connectTimeout: duration(10, 60_000).prefault('2s'),
  maxResultBytes: z
    .int()
    .min(1_024)
    .max(64 * 1_048_576)
    .default(1_048_576),
});

const fileSchema = z.strictObject({
  servers: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and "-"'),
    serverSchema,
  ),
});

/** An MCP server as `servers.yaml` describes it. */
export interface ServerDefinition {
  readonly name: string;
  readonly url: string;
  readonly bearerTokenFrom?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxConcurrency: number;
  readonly connectTimeoutMs: number;
  readonly maxResultBytes: number;
}

/**
 * Checks a servers file as a whole. In a url, `${NAME}` and `${NAME:-default}` stand for environment variables, so that
 * one file serves several deployments. Throws `RouteError` with every problem at once.
 */
export function parseServers(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly ServerDefinition[] {
  const read = readYaml(text, file, fileSchema);
  if ('problems' in read) throw new RouteError(read.problems);
  const problems: ConfigProblem[] = [];
  const servers = Object.entries(read.value.servers).map(([name, source]) => {
    const url = substitute(source.url, env);
    if (!isHttpUrl(url)) problems.push(read.locate(['servers', name, 'url'], `${url} is not an http or https URL`));
    const { bearerTokenFrom, headers, concurrency, connectTimeout, maxResultBytes } = source;
    return {
      name,
      url,
      ...(bearerTokenFrom === undefined ? {} : { bearerTokenFrom }),
      ...(headers === undefined ? {} : { headers }),
      maxConcurrency: concurrency,
      connectTimeoutMs: connectTimeout,
      maxResultBytes,
    };
  });
  if (problems.length > 0) throw new RouteError(problems);
  return servers;
}

function substitute(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g, (_all, name: string, fallback?: string) => {
    return env[name] || (fallback ?? '');
  });
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
