import { Pool } from 'undici';
import { callServer, type Line } from './call-server.js';
import { type Deadline, startDeadline } from './deadline.js';
import { ToolCallError } from './errors.js';
import { type Exchange, newExchange } from './exchange.js';
import { COURTESY_CONNECTIONS } from './guarded-fetch.js';
import { completeServerSettings, type ServerSettings } from './servers.js';
import { Session } from './session.js';
import { Slots } from './slots.js';
import type { CallFacts, CallOutcome, ToolCall, ToolCaller } from './tool-call.js';

/** Settings of the tool caller itself. */
export interface ToolCallerOptions {
  /** Calls that may wait for a slot of one server; the next one fails at once with TOOL_BUSY. Default 1000. */
  readonly maxWaiting?: number;
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
): ToolCallerWithLife {
  const lines = new Map(servers.map((settings) => [settings.name, createLine(settings, options.maxWaiting ?? 1_000)]));
  const running = new Set<Deadline>();
  let closing: Promise<void> | undefined;

  async function call(toolCall: ToolCall, signal: AbortSignal): Promise<CallOutcome> {
    const startedAt = performance.now();
    const deadline = startDeadline(signal, toolCall.timeoutMs);
    const exchange = newExchange(deadline.signal);
    running.add(deadline);
    if (closing !== undefined) deadline.close();
    try {
      const result = await callServer(toolCall, lines.get(toolCall.server), exchange, deadline);
      const facts = factsOf(exchange, startedAt);
      return result instanceof ToolCallError ? { kind: 'failed', error: result, facts } : { kind: 'ok', result, facts };
    } finally {
      running.delete(deadline);
      deadline.release();
    }
  }

  async function closeAll(): Promise<void> {
    for (const deadline of running) deadline.close();
    await Promise.all([...lines.values()].map((line) => line.session.close()));
    await Promise.all([...lines.values()].map((line) => line.pool.destroy()));
  }

  return {
    call,
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

function createLine(settings: ServerSettings, maxWaiting: number): Line {
  const server = completeServerSettings(settings);
  const pool = new Pool(server.url.origin, {
    connections: server.maxConcurrency + COURTESY_CONNECTIONS,
    connect: { timeout: server.connectTimeoutMs },
    // A second request on the same connection would share the fate of the first.
    pipelining: 1,
    allowH2: false,
  });
  return { pool, slots: new Slots(server.maxConcurrency, maxWaiting), session: new Session(server, pool) };
}

function factsOf(exchange: Exchange, startedAt: number): CallFacts {
  const { dispatched, status } = exchange;
  const facts = { durationMs: performance.now() - startedAt, dispatched };
  return status === undefined ? facts : { ...facts, status };
}
