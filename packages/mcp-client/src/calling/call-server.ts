import { randomUUID } from 'node:crypto';
import { sleep } from '@millrace/core';
import type { Deadline } from '../deadline.js';
import { ToolCallError } from '../errors.js';
import { healthOf, type Pass, type ServerGuard, type Withheld } from '../guards/server-guard.js';
import { type Exchange, resetExchange } from '../http/exchange.js';
import { fieldOf } from '../json-rpc.js';
import type { Line } from '../line.js';
import {
  errorFromCall,
  errorFromHandshake,
  errorFromResult,
  errorFromWaiting,
  errorFromWithheld,
  isDisowned,
  isUnmirrored,
} from '../outcomes/map-error.js';
import { mirrorArguments } from '../sessions/mirrored-arguments.js';
import { parseProgress } from '../sessions/progress.js';
import { isResult, type Request, toOutgoing } from '../sessions/request.js';
import { callHeaders } from '../sessions/request-params.js';
import { type Connection, HandshakeFailure } from '../sessions/session.js';
import type { ToolCall, ToolResult } from '../tool-call.js';
import { findPinProblem } from '../tools/pin-check.js';

/**
 * One call, or one reading, from the wait for a slot to its result or error; never rejects. What happened on the wire is left in
 * `exchange`. A call that the server turned away because it forgot the session, or because it wants arguments as headers
 * of which nothing was known, is sent a second time, no other is.
 */
export async function callServer(
  call: Request,
  line: Line | undefined,
  exchange: Exchange,
  deadline: Deadline,
): Promise<ToolResult | ToolCallError> {
  if (line === undefined) {
    return new ToolCallError('SERVER_UNKNOWN', 'not-sent', `no server '${call.server}' is configured`);
  }
  const pass = await line.guard.enter(call.isRetry ?? false, exchange.signal);
  if (!('leave' in pass)) {
    const interruption = deadline.interruption();
    return interruption === undefined ? errorFromWithheld(call, pass) : errorFromWaiting(call, 'slot', interruption);
  }
  let end: ToolResult | ToolCallError | undefined;
  let hasSlot = false;
  try {
    const startedAt = performance.now();
    hasSlot = await line.slots.acquire(exchange.signal);
    end = hasSlot
      ? await callInTurn(call, line, pass, exchange, deadline)
      : errorFromWaiting(call, 'slot', deadline.interruption());
    if (!(end instanceof ToolCallError)) line.guard.latencies.note(call.tool, performance.now() - startedAt);
    return end;
  } finally {
    pass.leave(end === undefined ? 'neutral' : healthOf(end), holdOf(end));
    // The next one's turn comes when it is known how this one ended: the server may have to be left alone.
    if (hasSlot) line.slots.release();
  }
}

async function callInTurn(
  call: Request,
  line: Line,
  pass: Pass,
  exchange: Exchange,
  deadline: Deadline,
): Promise<ToolResult | ToolCallError> {
  const withheld = line.guard.findPause() ?? (await takeTurn(line.guard, exchange.signal));
  if (withheld !== undefined) return errorFromWithheld(call, withheld);
  const unpinned = call.uri === undefined ? await findPinProblem(call.tool, line, exchange.signal) : undefined;
  if (unpinned !== undefined) return errorFromWithheld(call, unpinned);
  const refused = pass.findRefusal();
  if (refused !== undefined) return errorFromWithheld(call, refused);
  if (deadline.interruption() !== undefined) return errorFromWaiting(call, 'slot', deadline.interruption());
  const first = await callOnce(call, line, exchange, deadline, call.beforeSend);
  if (first === 'unmirrored') await line.catalog.get(0, exchange.signal);
  return typeof first === 'string' ? await lastCall(call, line, exchange, deadline) : first;
}

async function takeTurn(guard: ServerGuard, signal: AbortSignal): Promise<Withheld | undefined> {
  try {
    return await guard.takeTurn((ms) => sleep(ms, signal));
  } catch (error) {
    return { reason: 'rate', why: 'has a rate that cannot be asked for now', cause: error };
  }
}

/** A server that turns calls away and says for how long is left alone for as long. */
function holdOf(end: ToolResult | ToolCallError | undefined): number | undefined {
  return end instanceof ToolCallError && end.code === 'TOOL_THROTTLED' ? end.retryAfterMs : undefined;
}

/** Why a call that was certainly not carried out is worth a second try. */
type TurnedAway = 'disowned' | 'unmirrored';

async function lastCall(
  call: Request,
  line: Line,
  exchange: Exchange,
  deadline: Deadline,
): Promise<ToolResult | ToolCallError> {
  const second = await callOnce(call, line, exchange, deadline);
  if (typeof second !== 'string') return second;
  return errorFromCall({ call, exchange, interruption: deadline.interruption(), thrown: undefined });
}

async function callOnce(
  call: Request,
  line: Line,
  exchange: Exchange,
  deadline: Deadline,
  beforeSend?: ToolCall['beforeSend'],
): Promise<ToolResult | ToolCallError | TurnedAway> {
  const { session } = line;
  resetExchange(exchange);
  let connection: Connection | undefined;
  try {
    connection = await session.acquire(exchange.signal);
  } catch (error) {
    if (!(error instanceof HandshakeFailure)) throw error;
    return errorFromHandshake(call, error.exchange, error.cause);
  }
  if (connection === undefined) return errorFromWaiting(call, 'connection', deadline.interruption());
  try {
    const withheld = beforeSend === undefined ? undefined : await askBeforeSend(beforeSend, call, deadline);
    return withheld ?? (await send(call, connection, line, exchange, deadline));
  } finally {
    session.release(connection);
  }
}

/** An error when the call must not go out: the caller says so, cannot say, or its time has run out over the question. */
async function askBeforeSend(
  beforeSend: () => Promise<boolean>,
  call: Request,
  deadline: Deadline,
): Promise<ToolCallError | undefined> {
  const withhold = (why: string, cause?: unknown) =>
    new ToolCallError('TOOL_WITHHELD', 'not-sent', `the call of ${call.tool} was withheld: ${why}`, { cause });
  try {
    if (!(await beforeSend())) return withhold('the caller no longer wants it');
  } catch (error) {
    return withhold('it could not be recorded before it was sent', error);
  }
  return deadline.interruption() === undefined
    ? undefined
    : errorFromWaiting(call, 'connection', deadline.interruption());
}

async function send(
  call: Request,
  connection: Connection,
  { session, catalog }: Line,
  exchange: Exchange,
  deadline: Deadline,
): Promise<ToolResult | ToolCallError | TurnedAway> {
  const outgoing = toOutgoing(call, watchProgress(call, exchange, deadline));
  const mirrored = connection.isModern && call.uri === undefined ? mirrorArguments(catalog.lastKnown, call) : {};
  let thrown: unknown;
  try {
    await connection.sendCall(outgoing, { ...callHeaders(call), ...mirrored }, exchange);
  } catch (error) {
    thrown = error;
  }
  const result = exchange.answer?.kind === 'result' ? exchange.answer.result : undefined;
  if (thrown === undefined && isResult(call, result, connection.isModern)) {
    return errorFromResult(call, exchange, result) ?? toToolResult(result, exchange.answerBytes);
  }
  const interruption = deadline.interruption();
  if (interruption === undefined && isDisowned(exchange)) {
    session.retire(connection);
    return 'disowned';
  }
  if (interruption === undefined && connection.isModern && isUnmirrored(exchange)) return 'unmirrored';
  return errorFromCall({ call, exchange, interruption, thrown });
}

/** Has the tool report its progress where anybody wants to know, and says under which token. */
function watchProgress(call: Request, exchange: Exchange, deadline: Deadline): string | undefined {
  if (call.onProgress === undefined && !deadline.isExtendable) return undefined;
  const token = randomUUID();
  exchange.onMessage = (message) => {
    const progress = parseProgress(message, token);
    if (progress === undefined) return;
    deadline.extend();
    call.onProgress?.(progress);
  };
  return token;
}

function toToolResult(result: unknown, sizeBytes: number): ToolResult {
  const content = fieldOf(result, 'content') ?? fieldOf(result, 'contents');
  const structuredContent = fieldOf(result, 'structuredContent');
  const base = { content: Array.isArray(content) ? content : [], sizeBytes };
  return structuredContent === undefined ? base : { ...base, structuredContent };
}
