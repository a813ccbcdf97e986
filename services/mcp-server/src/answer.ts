import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * Sends a web `Response`. An event stream stays open until its server or the client ends it, or `stopping` aborts.
 * Undefined means that the client has left and nobody is there to be answered.
 */
export async function answer(
  reply: FastifyReply,
  response: Response | undefined,
  stopping: AbortSignal,
): Promise<FastifyReply> {
  if (response === undefined) return reply.hijack();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (isStream && response.body !== null) {
    reply.hijack();
    // The client waits for the headers, and the first event may be a long time coming.
    reply.raw.writeHead(response.status, Object.fromEntries(response.headers)).flushHeaders();
    connect(Readable.fromWeb(response.body), reply, stopping);
    return reply;
  }
  void reply.code(response.status).headers(Object.fromEntries(response.headers));
  return reply.send(response.body === null ? undefined : await response.text());
}

/** Refuses a JSON-RPC message before it gets to the protocol. */
export function refuseMessage(reply: FastifyReply, status: number, code: number, message: string): FastifyReply {
  return reply.code(status).send({ jsonrpc: '2.0', error: { code, message }, id: null });
}

/** Whichever ends first, events, client or process, ends the others' part in this answer. */
function connect(events: Readable, { raw }: FastifyReply, stopping: AbortSignal): void {
  const end = () => events.destroy();
  raw.once('close', end);
  stopping.addEventListener('abort', end, { once: true });
  events.once('error', () => raw.destroy());
  events.once('close', () => {
    stopping.removeEventListener('abort', end);
    raw.end();
  });
  events.pipe(raw);
  if (stopping.aborted) end();
}
