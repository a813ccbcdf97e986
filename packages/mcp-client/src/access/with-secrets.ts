import type { CredentialSettings, ServerSettings, TlsSettings } from '../servers.js';

/** A server as a file describes it: in place of each secret there is the name under which it is to be found. */
export interface DescribedServer extends Omit<ServerSettings, 'credentials' | 'tls'> {
  readonly bearerTokenFrom?: string;
  readonly clientCredentials?: {
    readonly clientId: string;
    readonly issuer: string;
    readonly secretFrom?: string;
    readonly privateKeyFrom?: string;
    readonly algorithm: string;
    readonly scope?: string;
  };
  readonly tls?: { readonly caFrom?: string; readonly certFrom?: string; readonly keyFrom?: string };
}

/**
 * Puts the secrets in place of their names. All are read once, so that a missing one is noticed now; `readSecret` throws
 * for one that is not there. A bearer token is read again later.
 */
export function withSecrets(described: DescribedServer, readSecret: (name: string) => string): ServerSettings {
  const { bearerTokenFrom, clientCredentials, tls, ...settings } = described;
  const credentials = readCredentials(bearerTokenFrom, clientCredentials, readSecret);
  return {
    ...settings,
    ...(credentials === undefined ? {} : { credentials }),
    ...(tls === undefined ? {} : { tls: readTls(tls, readSecret) }),
  };
}

function readCredentials(
  bearerTokenFrom: string | undefined,
  grant: DescribedServer['clientCredentials'],
  readSecret: (name: string) => string,
): CredentialSettings | undefined {
  if (bearerTokenFrom !== undefined) {
    return { kind: 'bearer', token: readSecret(bearerTokenFrom), from: bearerTokenFrom };
  }
  if (grant === undefined) return undefined;
  const { secretFrom, privateKeyFrom = '', algorithm, ...rest } = grant;
  const proof =
    secretFrom !== undefined
      ? ({ kind: 'secret', secret: readSecret(secretFrom) } as const)
      : ({ kind: 'signed-jwt', privateKey: readSecret(privateKeyFrom), algorithm } as const);
  return { kind: 'client-credentials', ...rest, proof };
}

function readTls(tls: NonNullable<DescribedServer['tls']>, readSecret: (name: string) => string): TlsSettings {
  const { caFrom, certFrom, keyFrom } = tls;
  return {
    ...(caFrom === undefined ? {} : { ca: readSecret(caFrom) }),
    ...(certFrom === undefined ? {} : { cert: readSecret(certFrom) }),
    ...(keyFrom === undefined ? {} : { key: readSecret(keyFrom) }),
  };
}
