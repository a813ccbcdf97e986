/** An MCP server as configuration names it. */
export interface ServerSettings {
  readonly name: string;
  /** The MCP endpoint, http or https. Nothing is ever sent to another origin, redirects included. */
  readonly url: string;
  /** Sent with every request to the server. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer`. */
  readonly bearerToken?: string;
  /** Calls in flight at once, and connections held. Default 32. */
  readonly maxConcurrency?: number;
  /** Limit for opening a TCP or TLS connection. Default 2000. */
  readonly connectTimeoutMs?: number;
  /** Limit for the size of one answer. Default 1 MiB. */
  readonly maxResultBytes?: number;
  /** Limit for arrays and objects inside each other in one answer, the four levels of MCP's own included. Default 64. */
  readonly maxResultDepth?: number;
}

/** The same with every default filled in. */
export interface ServerConfig {
  readonly name: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxConcurrency: number;
  readonly connectTimeoutMs: number;
  readonly maxResultBytes: number;
  readonly maxResultDepth: number;
}

/** Fills in the defaults. Throws `TypeError` for a `url` that is not one; configuration is checked before it gets here. */
export function completeServerSettings(settings: ServerSettings): ServerConfig {
  return {
    name: settings.name,
    url: new URL(settings.url),
    headers: {
      ...settings.headers,
      ...(settings.bearerToken === undefined ? {} : { authorization: `Bearer ${settings.bearerToken}` }),
    },
    maxConcurrency: settings.maxConcurrency ?? 32,
    connectTimeoutMs: settings.connectTimeoutMs ?? 2_000,
    maxResultBytes: settings.maxResultBytes ?? 1_048_576,
    maxResultDepth: settings.maxResultDepth ?? 64,
  };
}
