import type { IncomingHttpHeaders } from 'node:http';
import type { FetchLike } from '@modelcontextprotocol/client';
import type { Dispatcher } from 'undici';
import type { Credentials } from '../access/credentials.js';
import { Slots } from '../guards/slots.js';
import { answerToServer, parseOutgoing, parseRpcError } from '../json-rpc.js';
import type { ServerConfig } from '../servers.js';
import { concealIn, concealToken } from './conceal.js';
import { type Exchange, newExchange, resetExchange } from './exchange.js';
import { HttpFault } from './http-fault.js';
import type { HttpReply, ReplyLimits } from './http-reply.js';
import { type HttpRequest, sendHttp } from './http-request.js';
import { parseRetryAfterMs } from './retry-after.js';

const HANDSHAKE_LIMIT_MS = 10_000;
const HANDSHAKE_LIMITS = { maxBytes: 1_048_576, maxDepth: 64 };
const COURTESY_LIMIT_MS = 1_000;
const MAX_COURTESIES = 4;
const MAX_WAITING_COURTESIES = 64;
const MAX_REDIRECTS = 5;

/** Connections needed beside the tool calls, for cancellations and the end of a session. */
export const COURTESY_CONNECTIONS = MAX_COURTESIES;

/** What the requests of one connection work with. */
export interface GuardedHttpOptions {
  readonly dispatcher: Dispatcher;
  readonly server: ServerConfig;
  readonly credentials: Credentials | undefined;
  /** Aborted when the connection is closed; ends everything that is not a tool call. */
  readonly life: AbortSignal;
  /** Told about every exchange of the handshake, so that its failure can be classed like a call's. */
  readonly onHandshake: (exchange: Exchange) => void;
}

/** The only way to one server's origin. A request that gets no usable reply rejects with `HttpFault`. */
export interface GuardedHttp {
  /**
   * For the MCP SDK: its handshake and its listings. Compared with a plain `fetch`, a reply that is no answer rejects at
   * once instead of leaving the SDK to wait for its timeout; an abort closes the HTTP request; size and depth of an
   * answer are bounded before it is parsed. There is no standing GET stream: a tool call needs none.
   */
  readonly fetch: FetchLike;
  /** Sends a tool call, and writes down in its exchange what happened. Follows redirects within the origin. */
  call(request: HttpRequest, exchange: Exchange): Promise<void>;
  /** Sends what no answer is wanted to. Never rejects, and takes a second at most. */
  notify(request: HttpRequest): Promise<void>;
}

export function createGuardedHttp(options: GuardedHttpOptions): GuardedHttp {
  const { dispatcher, server, credentials, life, onHandshake } = options;
  const callLimits = { maxBytes: server.maxResultBytes, maxDepth: server.maxResultDepth };
  const courtesies = new Slots(MAX_COURTESIES, MAX_WAITING_COURTESIES);

  // Advisory: a server that does not take them quickly goes without, so that they never stand in the way of calls.
  async function sendCourtesy(request: HttpRequest): Promise<Response> {
    const signal = AbortSignal.any([life, AbortSignal.timeout(COURTESY_LIMIT_MS)]);
    const hasSlot = await courtesies.acquire(signal);
    if (!hasSlot) return new Response(null, { status: 202 });
    try {
      const token = await credentials?.token.get(signal);
      return toResponse(await sendHttp(dispatcher, withToken(request, token), { limits: HANDSHAKE_LIMITS, signal }));
    } finally {
      courtesies.release();
    }
  }

  /** A token that the server refuses is replaced once: it may have been revoked before its end. */
  async function sendRequest(request: HttpRequest, exchange: Exchange, limits: ReplyLimits): Promise<HttpReply> {
    if (credentials === undefined) return sendOnce(request, exchange, limits);
    const token = await getToken(credentials, exchange.signal);
    const reply = await sendOnce(request, exchange, limits, token);
    if (token === undefined || reply.status !== 401) return reply;
    credentials.noteChallenge(String(reply.headers['www-authenticate'] ?? ''));
    credentials.token.reject(token);
    const next = await getToken(credentials, exchange.signal);
    return next === token ? reply : sendOnce(request, exchange, limits, next);
  }

  async function getToken({ token: source }: Credentials, signal: AbortSignal): Promise<string | undefined> {
    let token: string | undefined;
    try {
      token = await source.get(signal);
    } catch (error) {
      throw new HttpFault('no-token', false, `no access token: ${messageOf(error)}`, error);
    }
    if (token === undefined) throw new HttpFault('aborted', false, 'the request was aborted');
    return token;
  }

  async function sendOnce(
    request: HttpRequest,
    exchange: Exchange,
    limits: ReplyLimits,
    token?: string,
  ): Promise<HttpReply> {
    resetExchange(exchange);
    exchange.inSession = request.headers['mcp-session-id'] !== undefined;
    const onDispatch = () => {
      exchange.dispatched = true;
    };
    const { signal } = exchange;
    const onMessage = (message: unknown) => {
      const answer = answerToServer(message);
      if (answer !== undefined) void sendCourtesy({ ...request, body: answer }).catch(ignore);
      else exchange.onMessage?.(token === undefined ? message : concealIn(message, token));
    };
    const options = { limits, signal, onDispatch, onMessage };
    const sent = await sendHttp(dispatcher, withToken(request, token), options);
    const reply = token === undefined ? sent : concealToken(sent, token);
    record(exchange, reply);
    return reply;
  }

  async function call(first: HttpRequest, exchange: Exchange): Promise<void> {
    let request = first;
    for (let followed = 0; ; followed += 1) {
      const reply = await sendRequest(request, exchange, callLimits);
      const path = followed === MAX_REDIRECTS ? undefined : findRedirect(reply, server.url, request.path);
      if (path === undefined) return;
      request = { ...request, path };
    }
  }

  async function shakeHands(request: HttpRequest): Promise<Response> {
    const exchange = newExchange(AbortSignal.any([life, AbortSignal.timeout(HANDSHAKE_LIMIT_MS)]));
    onHandshake(exchange);
    return toResponse(await sendRequest(request, exchange, HANDSHAKE_LIMITS));
  }

  const fetch: FetchLike = async (target, init = {}) => {
    const url = new URL(target);
    if (url.origin !== server.url.origin) {
      throw new HttpFault('foreign-origin', false, `${url.origin} is not the origin of server '${server.name}'`);
    }
    if (init.method !== 'POST' && init.method !== 'DELETE') return new Response(null, { status: 405 });
    const path = `${url.pathname}${url.search}`;
    const headers = Object.fromEntries(init.headers instanceof Headers ? init.headers : new Headers(init.headers));
    if (init.method === 'DELETE') return sendCourtesy({ path, method: 'DELETE', headers });
    if (typeof init.body !== 'string') throw new TypeError('the MCP transport sent a body that is not text');
    const message = parseOutgoing(init.body);
    const body = message.method === 'initialize' ? withoutElicitation(init.body) : init.body;
    const request: HttpRequest = { path, method: 'POST', headers, body };
    if (message.id !== undefined) return shakeHands({ ...request, answerTo: message.id });
    // The handshake is only finished once the server has taken this one.
    if (message.method === 'notifications/initialized') return shakeHands(request);
    return sendCourtesy(request);
  };
  return { fetch, call, notify: async (request) => void (await sendCourtesy(request).catch(ignore)) };
}

/** Where within the origin, and by the same method, a reply sends its request; undefined for any other reply. */
function findRedirect({ status, headers }: HttpReply, { origin }: URL, from: string): string | undefined {
  if ((status !== 307 && status !== 308) || headers.location === undefined) return undefined;
  const base = new URL(from, origin).href;
  if (!URL.canParse(headers.location, base)) return undefined;
  const target = new URL(headers.location, base);
  const isElsewhere = target.origin !== origin || target.username !== '' || target.password !== '';
  return isElsewhere ? undefined : `${target.pathname}${target.search}`;
}

function withToken(request: HttpRequest, token: string | undefined): HttpRequest {
  if (token === undefined) return request;
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

/**
 * A server of the older revisions asks by a request of its own, in the middle of the call, and waits: nobody is there to
 * answer. Only where a question is an answer that can be put aside, since 2026-07-28, does this client take any.
 */
function withoutElicitation(body: string): string {
  const message = JSON.parse(body) as { params?: { capabilities?: { elicitation?: unknown } } };
  delete message.params?.capabilities?.elicitation;
  return JSON.stringify(message);
}

/** Nobody waits for what a courtesy came to. */
function ignore(): void {}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function record(exchange: Exchange, reply: HttpReply): void {
  exchange.status = reply.status;
  const retryAfterMs = parseRetryAfterMs(reply.headers['retry-after'], Date.now());
  if (retryAfterMs !== undefined) exchange.retryAfterMs = retryAfterMs;
  if (reply.answer !== undefined) {
    exchange.answer = reply.answer;
    exchange.answerBytes = reply.sizeBytes;
  }
  const refusal = parseRefusal(reply.text);
  if (refusal !== undefined) exchange.refusal = refusal;
}

function parseRefusal(text: string) {
  if (!text.startsWith('{')) return undefined;
  try {
    return parseRpcError(JSON.parse(text));
  } catch (error) {
    // An HTTP error may have any body; its status still says what happened.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The headers that the SDK acts on. `www-authenticate` is kept from it: a refused credential is the operator's matter. */
const PASSED_HEADERS = ['content-type', 'location', 'mcp-session-id'];
const BODILESS = new Set([204, 205, 304]);

function toResponse(reply: HttpReply): Response {
  const init = { status: reply.status, headers: pickHeaders(reply.headers) };
  if (reply.answer !== undefined) return new AnswerResponse(reply.answer.wire, init);
  return new Response(BODILESS.has(reply.status) ? null : reply.text, init);
}

function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}

/** A JSON response around a message that was parsed already, wherever it came from: a JSON body or an event stream. */
class AnswerResponse extends Response {
  readonly #message: unknown;

  constructor(message: unknown, init: { status: number; headers: Record<string, string> }) {
    super(null, { ...init, headers: { ...init.headers, 'content-type': 'application/json' } });
    this.#message = message;
  }

  override readonly json = (): Promise<unknown> => Promise.resolve(this.#message);
}
