import { sleep } from '@millrace/core';
import type { ToolCallError } from '../errors.js';
import type { Fleet } from '../guards/fleet.js';
import type { CallOutcome, ToolCall, ToolCaller, ToolLister } from '../tool-call.js';

/** When a second server is asked as well: after a time in ms, or once the first is slower than this share of its calls. */
export type Hedge = { readonly afterMs: number } | { readonly percentile: number };

/**
 * After which failures another server may be asked. `not-sent`: only where certainly nothing was sent. `not-done`: also
 * where the server turned the call away. `any`: also where the outcome is unknown, which is for tools that only read,
 * since no key is known to two servers.
 */
export type Failover = 'not-sent' | 'not-done' | 'any';

/** One call that any of several servers can carry out. */
export interface AnyCall extends Omit<ToolCall, 'server' | 'beforeSend'> {
  /** The preferred one first; at least one. */
  readonly servers: readonly string[];
  readonly failover: Failover;
  /** Only with failover `any`. */
  readonly hedge?: Hedge;
  /** As `ToolCall.beforeSend`, for the server that is about to be asked. */
  readonly beforeSend?: (server: string) => Promise<boolean>;
}

/** How a server that was asked has answered. */
export interface Tried {
  readonly server: string;
  readonly outcome: CallOutcome;
}

/** What `callAny` works with. */
export interface AnyCallParts {
  readonly tools: ToolCaller & ToolLister;
  readonly fleet: Fleet;
}

/**
 * Calls the first server that is healthy, and another where that one fails and the call allows it, all within the call's
 * `timeoutMs`. Resolves with every server that was asked, the one that counts last; never rejects.
 */
export async function callAny(call: AnyCall, parts: AnyCallParts, signal: AbortSignal): Promise<readonly Tried[]> {
  const { fleet, tools } = parts;
  const startedAt = performance.now();
  const tried: Tried[] = [];
  const waiting = [...fleet.order(call.servers, (server) => isListed(tools, server))];
  const ask = async (server: string, life: AbortSignal): Promise<Tried> => {
    const timeoutMs = Math.max(1, call.timeoutMs - (performance.now() - startedAt));
    return { server, outcome: await tools.call(toCall(call, server, timeoutMs), life) };
  };
  for (;;) {
    const server = waiting.shift();
    if (server === undefined) return putTellingLast(tried);
    const [second] = waiting;
    const hedgeMs = second === undefined ? undefined : hedgeAfterMs(call, server, fleet);
    if (second === undefined || hedgeMs === undefined) tried.push(await ask(server, signal));
    else {
      const answers = await askHedged([server, second], hedgeMs, ask, () => fleet.noteHedge(second), signal);
      if (answers.isHedged) waiting.shift();
      tried.push(...answers.tried);
    }
    const last = tried.at(-1);
    const isOver = last === undefined || last.outcome.kind === 'ok' || !mayGoOn(last.outcome.error, call.failover);
    if (isOver || signal.aborted || performance.now() - startedAt >= call.timeoutMs) return putTellingLast(tried);
    if (waiting.length > 0) fleet.noteFailover(last.server);
  }
}

/** Asks the first, and the second too if the first takes its time. The one that is not needed any more is aborted. */
async function askHedged(
  [first, second]: readonly [string, string],
  afterMs: number,
  ask: (server: string, life: AbortSignal) => Promise<Tried>,
  onHedge: () => void,
  signal: AbortSignal,
): Promise<{ readonly isHedged: boolean; readonly tried: readonly Tried[] }> {
  const life = new AbortController();
  const both = AbortSignal.any([signal, life.signal]);
  const asked = [ask(first, both)];
  try {
    const early = await Promise.race([asked[0], sleep(afterMs, both)]);
    if (early !== undefined) return { isHedged: false, tried: [early] };
    onHedge();
    asked.push(ask(second, both));
    const winner = await Promise.race(asked);
    if (winner.outcome.kind === 'ok') return { isHedged: true, tried: [winner] };
    const ends = await Promise.all(asked);
    return { isHedged: true, tried: ends.toSorted(byUse) };
  } finally {
    life.abort();
  }
}

function hedgeAfterMs({ hedge, failover, tool }: AnyCall, server: string, fleet: Fleet): number | undefined {
  if (hedge === undefined || failover !== 'any') return undefined;
  return 'afterMs' in hedge ? hedge.afterMs : fleet.percentileMs(server, tool, hedge.percentile);
}

function mayGoOn(error: ToolCallError, failover: Failover): boolean {
  // About the call itself, which is the same everywhere; or the caller has lost interest.
  if (['TOOL_ARGUMENTS_INVALID', 'TOOL_WITHHELD', 'TOOL_ABORTED'].includes(error.code)) return false;
  if (error.class === 'not-sent') return true;
  if (error.class === 'refused') return failover !== 'not-sent';
  return error.class === 'unknown' && failover === 'any';
}

/** Where all have failed, the failure that leaves most hope is the call's: it will be tried again. */
function putTellingLast(tried: readonly Tried[]): readonly Tried[] {
  const last = tried.at(-1);
  if (last === undefined || last.outcome.kind === 'ok') return tried;
  return tried.toSorted(byUse);
}

function byUse(a: Tried, b: Tried): number {
  return useOf(a) - useOf(b);
}

function useOf({ outcome }: Tried): number {
  if (outcome.kind === 'ok') return 3;
  // What may have happened must not be forgotten over what certainly did not.
  if (outcome.error.class === 'unknown') return 2;
  return outcome.error.retryable ? 1 : 0;
}

function toCall(call: AnyCall, server: string, timeoutMs: number): ToolCall {
  const { servers: _servers, failover: _failover, hedge: _hedge, beforeSend, ...rest } = call;
  return { ...rest, server, timeoutMs, ...(beforeSend === undefined ? {} : { beforeSend: () => beforeSend(server) }) };
}

async function isListed(tools: ToolLister, server: string): Promise<boolean> {
  return (await tools.listTools(server, AbortSignal.timeout(10_000))).kind === 'ok';
}
