import {
  ClientCredentialsProvider,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  discoverOAuthServerInfo,
  type FetchLike,
  fetchToken,
  type OAuthClientProvider,
  PrivateKeyJwtProvider,
} from '@modelcontextprotocol/client';
import { Agent, fetch as undiciFetch } from 'undici';
import { conceal } from '../http/conceal.js';
import type { CredentialSettings, ServerConfig } from '../servers.js';
import { createConnector } from './egress.js';
import { SharedToken, type Token } from './shared-token.js';

/** A token that was read from the environment or a file is read again after this long, in ms. */
const REREAD_MS = 60_000;
/** For one request of discovery, or for the token itself, in ms. */
const REQUEST_LIMIT_MS = 5_000;
/** No metadata document and no token is larger. */
const MAX_BYTES = 262_144;

type ClientCredentials = Extract<CredentialSettings, { kind: 'client-credentials' }>;

/** What shows a server who is calling. */
export interface Credentials {
  readonly token: SharedToken;
  /** Takes up where the server says, in the WWW-Authenticate of a 401, that its metadata are. */
  noteChallenge(header: string): void;
  close(): Promise<void>;
}

/** Undefined for a server that asks for none. Opens nothing yet. */
export function createCredentials(
  server: ServerConfig,
  readSecret: ((name: string) => string) | undefined,
): Credentials | undefined {
  const { credentials } = server;
  const now = () => performance.now();
  if (credentials === undefined) return undefined;
  if (credentials.kind === 'bearer') {
    const { token, from } = credentials;
    const value = () => (from === undefined || readSecret === undefined ? token : readSecret(from));
    const read = async () => ({ value: value(), expiresAtMs: now() + REREAD_MS });
    return { token: new SharedToken(read, now), noteChallenge: () => {}, close: async () => {} };
  }
  const agent = new Agent({ connect: createConnector(server) });
  const fetchFn = createTokenFetch(agent);
  let metadataUrl: URL | undefined;
  return {
    token: new SharedToken(() => requestQuietly(server, credentials, metadataUrl, fetchFn, now), now),
    noteChallenge: (header) => {
      metadataUrl = findMetadataUrl(header, server.url) ?? metadataUrl;
    },
    close: () => agent.destroy(),
  };
}

/**
 * The client credentials grant, for exactly this server (RFC 8707). Throws when the server does not name the
 * authorization server that the credentials belong to: they are shown to no other, and no other is even asked.
 */
async function requestToken(
  server: ServerConfig,
  credentials: ClientCredentials,
  resourceMetadataUrl: URL | undefined,
  fetchFn: FetchLike,
  now: () => number,
): Promise<Token> {
  const where = resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl };
  const { resource, url, metadata } =
    credentials.issuer === undefined
      ? await findIssuer(server, where, fetchFn)
      : await useIssuer(server, credentials.issuer, where, fetchFn);
  const { scope } = credentials;
  const tokens = await fetchToken(createProvider(credentials, metadata?.issuer ?? url), url, {
    fetchFn,
    resource: resource ?? server.url.href,
    ...(metadata === undefined ? {} : { metadata }),
    ...(scope === undefined ? {} : { scope }),
  });
  const { access_token: value, expires_in: lifeSeconds } = tokens;
  return lifeSeconds === undefined ? { value } : { value, expiresAtMs: now() + lifeSeconds * 1_000 };
}

type Where = { readonly resourceMetadataUrl?: URL };

/** As what a client secret goes out: as it is, in a form, and in a header. */
function formsOf(clientId: string, secret: string): readonly string[] {
  const basic = Buffer.from(`${clientId}:${secret}`).toString('base64');
  return [basic, encodeURIComponent(secret), secret];
}

/** As `requestToken`. What it throws does not have the client secret in it, though the authorization server quotes it. */
async function requestQuietly(...asked: Parameters<typeof requestToken>): Promise<Token> {
  const [, { clientId, proof }] = asked;
  try {
    return await requestToken(...asked);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Without the cause, which would say it again.
    throw new Error(proof.kind === 'secret' ? conceal(message, ...formsOf(clientId, proof.secret)) : message);
  }
}

/** RFC 9728, then RFC 8414: wherever the server leads. */
async function findIssuer(server: ServerConfig, where: Where, fetchFn: FetchLike) {
  const found = await discoverOAuthServerInfo(server.url, { fetchFn, ...where });
  const { authorizationServerUrl: url, authorizationServerMetadata: metadata, resourceMetadata } = found;
  return { resource: resourceMetadata?.resource, url, metadata };
}

async function useIssuer(server: ServerConfig, issuer: string, where: Where, fetchFn: FetchLike) {
  const resource = await readResourceMetadata(server, where, fetchFn);
  const named = resource?.authorization_servers;
  if (named !== undefined && !named.some((one) => isSameIssuer(one, issuer))) {
    throw new Error(`the server trusts ${named.join(', ')}, and the credentials are for ${issuer}`);
  }
  const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn });
  return { resource: resource?.resource, url: issuer, metadata };
}

async function readResourceMetadata(server: ServerConfig, where: Where, fetchFn: FetchLike) {
  try {
    return await discoverOAuthProtectedResourceMetadata(server.url, where, fetchFn);
  } catch {
    // Many servers publish none; whom to ask for a token is configured all the same.
    return undefined;
  }
}

function createProvider({ clientId, proof }: ClientCredentials, expectedIssuer: string): OAuthClientProvider {
  if (proof.kind === 'secret') {
    return new ClientCredentialsProvider({ clientId, clientSecret: proof.secret, expectedIssuer });
  }
  const { privateKey, algorithm } = proof;
  return new PrivateKeyJwtProvider({ clientId, privateKey, algorithm, expectedIssuer });
}

/** The same rules as for the server itself: allowed hosts and addresses, no redirect, bounded in time and size. */
function createTokenFetch(agent: Agent): FetchLike {
  return async (url, init = {}) => {
    const { body } = init;
    const text = body instanceof URLSearchParams ? body.toString() : body;
    if (typeof text !== 'string' && text !== undefined)
      throw new TypeError('a token request has a body that is not text');
    const response = await undiciFetch(url, {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(text === undefined ? {} : { body: text }),
      dispatcher: agent,
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BYTES) throw new Error(`the answer of ${new URL(url).origin} is larger than ${MAX_BYTES} bytes`);
      chunks.push(chunk);
    }
    const { status } = response;
    const contentType = response.headers.get('content-type') ?? 'application/json';
    const answer = status === 204 || status === 304 ? null : Buffer.concat(chunks).toString('utf8');
    return new Response(answer, { status, headers: { 'content-type': contentType } });
  };
}

/** `resource_metadata` of a challenge, as far as it stays with the server itself. */
function findMetadataUrl(header: string, server: URL): URL | undefined {
  const [, text = ''] = /\bresource_metadata="([^"]+)"/i.exec(header) ?? [];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.origin === server.origin ? url : undefined;
}

function isSameIssuer(a: string, b: string): boolean {
  return a.replace(/\/$/, '') === b.replace(/\/$/, '');
}
