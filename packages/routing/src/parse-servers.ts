import { type ConfigProblem, readYaml } from '@millrace/config-files';
import { RouteError } from './errors.js';
import { type ServerSource, serversFileSchema } from './server-schema.js';
import { isHttpUrl, substitute } from './substitute.js';

/** An MCP server as `servers.yaml` describes it; where a secret is needed there is the name of its variable. */
export interface ServerDefinition {
  readonly name: string;
  readonly url: string;
  readonly bearerTokenFrom?: string;
  readonly clientCredentials?: {
    readonly issuer: string;
    readonly clientId: string;
    readonly secretFrom?: string;
    readonly privateKeyFrom?: string;
    readonly algorithm: string;
    readonly scope?: string;
  };
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: { readonly caFrom?: string; readonly certFrom?: string; readonly keyFrom?: string };
  readonly allowedHosts?: readonly string[];
  readonly privateAddresses: boolean;
  readonly maxConcurrency: number;
  readonly connectTimeoutMs: number;
  readonly attemptTimeoutMs?: number;
  readonly totalTimeoutMs?: number;
  readonly trustAnnotations: boolean;
  readonly pinsCheckedEveryMs: number;
  readonly rate?: { readonly calls: number; readonly perMs: number; readonly burst: number };
  readonly breaker: { readonly failures: number; readonly openForMs: number; readonly maxOpenForMs: number } | false;
  readonly maxResultBytes: number;
  readonly maxResultDepth: number;
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
  const read = readYaml(text, file, serversFileSchema);
  if ('problems' in read) throw new RouteError(read.problems);
  const problems: ConfigProblem[] = [];
  const servers = Object.entries(read.value.servers).map(([name, source]) => {
    const url = substitute(source.url, env);
    if (!isHttpUrl(url)) problems.push(read.locate(['servers', name, 'url'], `${url} is not an http or https URL`));
    return toDefinition(name, url, source);
  });
  if (problems.length > 0) throw new RouteError(problems);
  return servers;
}

function toDefinition(name: string, url: string, source: ServerSource): ServerDefinition {
  const {
    concurrency,
    connectTimeout,
    attemptTimeout,
    totalTimeout,
    rate,
    breaker,
    pinsCheckedEvery,
    url: _template,
    ...rest
  } = source;
  return withoutUndefined({
    ...rest,
    name,
    url,
    maxConcurrency: concurrency,
    connectTimeoutMs: connectTimeout,
    attemptTimeoutMs: attemptTimeout,
    totalTimeoutMs: totalTimeout,
    pinsCheckedEveryMs: pinsCheckedEvery,
    rate: rate === undefined ? undefined : { calls: rate.calls, perMs: rate.per, burst: rate.burst },
    breaker: breaker && { failures: breaker.failures, openForMs: breaker.openFor, maxOpenForMs: breaker.maxOpenFor },
  }) as ServerDefinition;
}

/** What the file leaves out is left out, at every level. */
function withoutUndefined(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}
