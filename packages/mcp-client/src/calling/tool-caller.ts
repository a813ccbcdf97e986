import { Pigeonholes } from '@millrace/core';
import { Pool } from 'undici';
import { createCredentials } from '../access/credentials.js';
import { createConnector } from '../access/egress.js';
import { type Deadline, startDeadline } from '../deadline.js';
import { ToolCallError } from '../errors.js';
import { Fleet } from '../guards/fleet.js';
import { Slots } from '../guards/slots.js';
import { type Exchange, newExchange } from '../http/exchange.js';
import { COURTESY_CONNECTIONS } from '../http/guarded-http.js';
import type { Line } from '../line.js';
import { completeServerSettings, type ServerConfig, type ServerSettings } from '../servers.js';
import { type Request, textOf, toRequest } from '../sessions/request.js';
import { Session } from '../sessions/session.js';
import {
  type CallFacts,
  type CallOutcome,
  NO_HINTS,
  type ResourceOutcome,
  type ResourceRead,
  type ResourceReader,
  type ToolCall,
  type ToolCaller,
  type ToolHints,
  type ToolKnowledge,
  type ToolLister,
  type ToolListing,
} from '../tool-call.js';
import { Catalog } from '../tools/catalog.js';
import { listToolsOf } from '../tools/list-tools.js';
import { callServer } from './call-server.js';

const LISTING_LIMIT_MS = 10_000;
/** Hints are believed for this long, in ms, before the server is asked again. */
const HINTS_AGE_MS = 300_000;
const never = new AbortController().signal;

/** Settings of the tool caller itself. */
export interface ToolCallerOptions {
  /** Calls that may wait for a slot of one server; the next one fails at once with TOOL_BUSY. Default 1000. */
  readonly maxWaiting?: number;
  /** What this caller shares with those of other servers. Default: nothing. */
  readonly fleet?: Fleet;
  /** Reads a secret by its name, as it is now; throws when there is none. Default: secrets stay as they were. */
  readonly readSecret?: (name: string) => string;
}

/** A tool caller with connections of its own. */
export interface ToolCallerWithLife extends ToolCaller {
  /**
   * Aborts the calls in flight, ends sessions where servers keep them, closes every connection. Takes a second at most
   * per server that does not answer. Closing again is the same closing.
   */
  close(): Promise<void>;
}

/** Builds a tool caller for these servers. Opens nothing: the first call to a server connects to it. */
export function createToolCaller(
  servers: readonly ServerSettings[],
  options: ToolCallerOptions = {},
): ToolCallerWithLife & ToolLister & ToolKnowledge & ResourceReader {
  const fleet = options.fleet ?? new Fleet();
  const lines = new Map(
    servers.map((settings) => [settings.name, createLine(settings, fleet, options, (name) => listTools(name, never))]),
  );
  const running = new Pigeonholes<Deadline>();
  let closing: Promise<void> | undefined;

  async function readResource(read: ResourceRead, signal: AbortSignal): Promise<ResourceOutcome> {
    const outcome = await call(toRequest(read), signal);
    if (outcome.kind === 'failed') return outcome;
    return { kind: 'ok', text: textOf(outcome.result.content), facts: outcome.facts };
  }

  async function call(toolCall: Request, signal: AbortSignal): Promise<CallOutcome> {
    const startedAt = performance.now();
    const line = lines.get(toolCall.server);
    const { attemptMs, totalMs } = timesOf(toolCall, line?.server);
    const deadline = startDeadline(signal, attemptMs, totalMs);
    const exchange = newExchange(deadline.signal);
    const hole = running.add(deadline);
    if (closing !== undefined) deadline.close();
    try {
      const result = await callServer(toolCall, line, exchange, deadline);
      const facts = factsOf(exchange, startedAt);
      return result instanceof ToolCallError ? { kind: 'failed', error: result, facts } : { kind: 'ok', result, facts };
    } finally {
      running.remove(hole);
      deadline.release();
    }
  }

  async function closeAll(): Promise<void> {
    for (const deadline of running.all()) deadline.close();
    for (const { guard } of lines.values()) fleet.drop(guard);
    await Promise.all([...lines.values()].map((line) => line.session.close()));
    await Promise.all([...lines.values()].map((line) => line.pool.destroy()));
    await Promise.all([...lines.values()].map(async ({ credentials }) => credentials?.close()));
  }

  async function listTools(server: string, signal: AbortSignal, maxAgeMs = 0): Promise<ToolListing> {
    const line = lines.get(server);
    // Whoever gives up waiting asks anew below, and is told what became of that.
    const known = maxAgeMs > 0 && line !== undefined ? await line.catalog.get(maxAgeMs, signal) : undefined;
    if (known !== undefined) return known;
    const deadline = startDeadline(signal, LISTING_LIMIT_MS);
    const hole = running.add(deadline);
    if (closing !== undefined) deadline.close();
    try {
      return await listToolsOf(server, line, deadline);
    } finally {
      running.remove(hole);
      deadline.release();
    }
  }

  async function hintsOf(server: string, tool: string, signal: AbortSignal): Promise<ToolHints> {
    const line = lines.get(server);
    if (line === undefined || !line.server.trustAnnotations) return NO_HINTS;
    // A server that is down has told long ago what its tools are like, or cannot be called anyway.
    if (line.guard.breakerState === 'closed') await line.catalog.get(HINTS_AGE_MS, signal);
    const found = line.catalog.lastKnown?.find(({ name }) => name === tool)?.annotations;
    const isReadOnly = found?.readOnlyHint === true;
    return {
      isReadOnly,
      isIdempotent: found?.idempotentHint === true,
      // MCP gives the hint a meaning only where a tool is not read-only, and takes it for true where it is left out.
      isDestructive: !isReadOnly && found?.destructiveHint !== false,
      isOpenWorld: found?.openWorldHint !== false,
    };
  }

  return {
    call,
    readResource,
    listTools,
    hintsOf,
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

function createLine(
  settings: ServerSettings,
  fleet: Fleet,
  { maxWaiting = 1_000, readSecret }: ToolCallerOptions,
  list: (server: string) => Promise<ToolListing>,
): Line {
  const server = completeServerSettings(settings);
  const pool = new Pool(server.url.origin, {
    connections: server.maxConcurrency + COURTESY_CONNECTIONS,
    connect: createConnector(server),
    // A second request on the same connection would share the fate of the first.
    pipelining: 1,
  });
  const credentials = createCredentials(server, readSecret);
  const session = new Session(server, pool, credentials);
  const catalog = new Catalog(
    () => list(server.name),
    () => performance.now(),
  );
  const slots = new Slots(server.maxConcurrency, maxWaiting);
  return { server, pool, credentials, slots, session, guard: fleet.guard(server), catalog };
}

/** The server's own limits bind every call; a call may set itself a longer total. */
function timesOf(call: ToolCall, server: ServerConfig | undefined): { attemptMs: number; totalMs: number } {
  const attemptMs = Math.min(call.timeoutMs, server?.attemptTimeoutMs ?? call.timeoutMs);
  return { attemptMs, totalMs: Math.max(attemptMs, call.totalTimeoutMs ?? server?.totalTimeoutMs ?? 0) };
}

function factsOf(exchange: Exchange, startedAt: number): CallFacts {
  const { dispatched, status } = exchange;
  const facts = { durationMs: performance.now() - startedAt, dispatched };
  return status === undefined ? facts : { ...facts, status };
}
