import { randomUUID } from 'node:crypto';
import { sleep } from '@millrace/core';
import type { FastifyReply } from 'fastify';
import { answer } from './answer.js';
import type { FaultRule } from './faults.js';
import { sessionNotFound } from './protocols/sessionful.js';

const MAX_HANG_MS = 600_000;
const DRIP_MS = 1_000;
const DRIPS = 20;

/** Answers a call that a fault keeps from its tool, or leaves it unanswered. */
export async function stopCall(reply: FastifyReply, fault: FaultRule, stopping: AbortSignal): Promise<FastifyReply> {
  switch (fault.kind) {
    case 'lose-session':
      return answer(reply, sessionNotFound(), stopping);
    case 'unavailable':
      return reply
        .code(503)
        .header('retry-after', fault.retryAfterSeconds ?? 1)
        .send('unavailable, because a fault was asked for');
    case 'http-error':
      if (fault.retryAfterSeconds !== undefined) void reply.header('retry-after', fault.retryAfterSeconds);
      return reply.code(fault.status ?? 500).send('failed, because a fault was asked for');
    case 'hang':
      reply.hijack();
      await waitWhileOpen(reply, fault.delayMs ?? MAX_HANG_MS, stopping);
      break;
    default:
      reply.hijack();
  }
  reply.raw.socket?.resetAndDestroy();
  return reply;
}

/** Sends the answer of a call that was carried out, spoilt as the fault says; whole when the fault is not about it. */
export async function breakAnswer(
  reply: FastifyReply,
  fault: FaultRule,
  response: Response,
  stopping: AbortSignal,
): Promise<FastifyReply> {
  switch (fault.kind) {
    case 'cut-after-effect':
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return reply;
    case 'garbage':
      return reply.code(200).type('application/json').send('{"jsonrpc":"2.0","result":{"content":[{"ty');
    case 'wrong-id':
      return reply.code(200).send({ jsonrpc: '2.0', id: randomUUID(), result: { content: [] } });
    case 'slow-drip':
      reply.hijack();
      await drip(reply, response, (fault.delayMs ?? DRIP_MS) / DRIPS, stopping);
      return reply;
    default:
      return answer(reply, response, stopping);
  }
}

async function drip(reply: FastifyReply, response: Response, pauseMs: number, stopping: AbortSignal): Promise<void> {
  const bytes = Buffer.from(await response.text());
  reply.raw.writeHead(response.status, { 'content-type': 'application/json', 'content-length': bytes.length });
  const step = Math.max(1, Math.ceil(bytes.length / DRIPS));
  for (let from = 0; from < bytes.length && !reply.raw.destroyed; from += step) {
    reply.raw.write(bytes.subarray(from, from + step));
    await waitWhileOpen(reply, pauseMs, stopping);
  }
  reply.raw.end();
}

/** Waits, but no longer than the client stays and the process runs. */
async function waitWhileOpen(reply: FastifyReply, ms: number, stopping: AbortSignal): Promise<void> {
  const left = new AbortController();
  const leave = () => left.abort();
  reply.raw.once('close', leave);
  if (reply.raw.destroyed) leave();
  await sleep(ms, AbortSignal.any([left.signal, stopping]));
  reply.raw.off('close', leave);
}
