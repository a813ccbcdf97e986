import type { BreakerSettings } from './guards/breaker.js';
import type { Rate } from './guards/rates.js';

/** An MCP server as configuration names it. */
export interface ServerSettings {
  readonly name: string;
  /** The MCP endpoint, http or https. Nothing is ever sent to another origin, redirects included. */
  readonly url: string;
  /** Sent with every request to the server. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How this client shows who it is. Default: not at all, or as `headers` says. */
  readonly credentials?: CredentialSettings;
  readonly tls?: TlsSettings;
  /** Hosts that may be connected to on behalf of this server, its own and its token endpoint's. Default: any. */
  readonly allowedHosts?: readonly string[];
  /** Whether a host may be at a loopback, private or shared address. Default false. Link-local is never allowed. */
  readonly privateAddresses?: boolean;
  /** Calls in flight at once, and connections held. Default 32. */
  readonly maxConcurrency?: number;
  /** Limit for opening a TCP or TLS connection. Default 2000. */
  readonly connectTimeoutMs?: number;
  /** Longest time without an answer or a sign of progress, whatever a call asks for. Default: what the call asks for. */
  readonly attemptTimeoutMs?: number;
  /** Progress extends a call up to this much in all. Default: not at all. */
  readonly totalTimeoutMs?: number;
  /** Whether the hints of its tools (read-only, idempotent) are believed. Default false. */
  readonly trustAnnotations?: boolean;
  /** What each tool must be, by `pinOf`; a tool that is not in it is not called. Default: whatever the server has. */
  readonly pins?: Readonly<Record<string, string>>;
  /** How old a comparison with the pins may be, in ms. 0 compares before every call. Default 60000. */
  readonly pinsCheckedEveryMs?: number;
  /** Calls of all processes together, where they have a `RateLimiter`. Default: no limit. */
  readonly rate?: Rate;
  /** When calls are kept from it. Default: after five failures in a row, for 1 s up to 30 s. `false`: never. */
  readonly breaker?: BreakerSettings | false;
  /** Limit for the size of one answer. Default 1 MiB. */
  readonly maxResultBytes?: number;
  /** Limit for arrays and objects inside each other in one answer, the four levels of MCP's own included. Default 64. */
  readonly maxResultDepth?: number;
}

/**
 * A bearer token, read again when it has been refused or grown old, so that a file can be replaced while processes run;
 * or OAuth 2.1 client credentials (MCP's extension io.modelcontextprotocol/oauth-client-credentials).
 */
export type CredentialSettings =
  /** `from` names the secret, for `readSecret` to read it again. */
  | { readonly kind: 'bearer'; readonly token: string; readonly from?: string }
  | {
      readonly kind: 'client-credentials';
      readonly clientId: string;
      readonly proof:
        | { readonly kind: 'secret'; readonly secret: string }
        /** RFC 7523: a JWT signed with this key, in PEM. */
        | { readonly kind: 'signed-jwt'; readonly privateKey: string; readonly algorithm: string };
      /** The authorization server that the credentials belong to. Without it, the MCP server says who gets to see them. */
      readonly issuer?: string;
      readonly scope?: string;
    };

/** Certificates and keys, in PEM. */
export interface TlsSettings {
  /** Trusted in place of the well-known authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The same with every default filled in. */
export interface ServerConfig {
  readonly name: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: CredentialSettings | undefined;
  readonly tls: TlsSettings;
  readonly allowedHosts: readonly string[] | undefined;
  readonly privateAddresses: boolean;
  readonly maxConcurrency: number;
  readonly connectTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly trustAnnotations: boolean;
  readonly pins: Readonly<Record<string, string>> | undefined;
  readonly pinsCheckedEveryMs: number;
  readonly rate: Rate | undefined;
  readonly breaker: BreakerSettings | false;
  readonly maxResultBytes: number;
  readonly maxResultDepth: number;
}

/** Fills in the defaults. Throws `TypeError` for a `url` that is not one; configuration is checked before it gets here. */
export function completeServerSettings(settings: ServerSettings): ServerConfig {
  return {
    name: settings.name,
    url: new URL(settings.url),
    headers: settings.headers ?? {},
    credentials: settings.credentials,
    tls: settings.tls ?? {},
    allowedHosts: settings.allowedHosts,
    privateAddresses: settings.privateAddresses ?? false,
    maxConcurrency: settings.maxConcurrency ?? 32,
    connectTimeoutMs: settings.connectTimeoutMs ?? 2_000,
    attemptTimeoutMs: settings.attemptTimeoutMs ?? Number.POSITIVE_INFINITY,
    totalTimeoutMs: settings.totalTimeoutMs ?? 0,
    trustAnnotations: settings.trustAnnotations ?? false,
    pins: settings.pins,
    pinsCheckedEveryMs: settings.pinsCheckedEveryMs ?? 60_000,
    rate: settings.rate,
    breaker: settings.breaker ?? { failures: 5, openForMs: 1_000, maxOpenForMs: 30_000 },
    maxResultBytes: settings.maxResultBytes ?? 1_048_576,
    maxResultDepth: settings.maxResultDepth ?? 64,
  };
}
