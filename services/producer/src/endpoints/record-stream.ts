import type { ServerResponse } from 'node:http';
import { ProblemError } from '@millrace/runtime';
import { type EventRecord, StreamError } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { isFinal, type RecordReader, refsOf } from '../record-reader.js';
import type { Slots } from '../slots.js';
import { readKnownRecord } from './records.js';

/** Comments keep proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
/** A stream ends after this long; an EventSource comes back by itself. Bounds what a forgotten browser tab costs. */
const MAX_STREAM_MS = 15 * 60_000;
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

export interface RecordStreamEndpoint {
  readonly records: RecordReader;
  readonly slots: Slots;
  /** Aborts when the service stops: open streams then end, or `close` would wait for them. */
  readonly closing: AbortSignal;
}

/**
 * `GET /v1/events/{ref}/stream`: the record as server-sent events, one `record` event now and one at every change, until
 * the event is finished. Written on the bare response: @fastify/sse 0.6 would keep `close` waiting (its issue 57) and
 * does not bound how many are open, and this is a page.
 */
export function addRecordStream(app: FastifyInstance, endpoint: RecordStreamEndpoint): void {
  app.get<{ Params: { ref: string } }>('/v1/events/:ref/stream', async ({ params, sender }, reply) => {
    await readKnownRecord(endpoint.records, params.ref, sender);
    if (!endpoint.slots.take()) {
      const detail = 'too many streams are open; ask for the record itself, or come back';
      throw new ProblemError({ status: 503, code: 'TOO_MANY_STREAMS', detail, retryAfterSeconds: 5 });
    }
    try {
      reply.hijack();
      await writeRecords(reply.raw, params.ref, endpoint);
    } finally {
      endpoint.slots.giveBack();
      reply.raw.end();
    }
  });
}

async function writeRecords(raw: ServerResponse, ref: string, endpoint: RecordStreamEndpoint): Promise<void> {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, endpoint.closing, AbortSignal.timeout(MAX_STREAM_MS)]);
  const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS);
  let sent = '';
  let refs: readonly string[] = [ref];
  try {
    raw.writeHead(200, HEADERS);
    while (!signal.aborted) {
      // Asked for before reading: a change between reading and asking would go unnoticed.
      const change = endpoint.records.nextChange(refs, signal);
      const record = await readIfPossible(endpoint.records, ref);
      if (record === undefined) return;
      const text = record === 'unknown' ? sent : endpoint.records.render(record);
      if (text !== sent && !raw.write(formatRecord(text))) await drained(raw, signal);
      sent = text;
      if (record !== 'unknown' && isFinal(record)) return;
      const known = refs.length;
      if (record !== 'unknown') refs = refsOf(record);
      if (refs.length <= known) await change;
    }
  } finally {
    clearInterval(heartbeat);
  }
}

/** While Redis is away the stream stays open and silent: nothing is known, so nothing is said. */
async function readIfPossible(records: RecordReader, ref: string): Promise<EventRecord | 'unknown' | undefined> {
  try {
    return await records.read(ref);
  } catch (error) {
    if (error instanceof StreamError) return 'unknown';
    throw error;
  }
}

/** Resolves when a reader that lagged behind has caught up, or when the signal aborts. */
function drained(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    raw.once('drain', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

/** JSON may contain line breaks between its tokens; each line of a server-sent event carries its own field name. */
function formatRecord(json: string): string {
  return `event: record\ndata: ${json.replace(/\r\n|\r|\n/g, '\ndata: ')}\n\n`;
}
