import { randomUUID } from 'node:crypto';
import {
  EventError,
  essenceOf,
  isBinary,
  type PlainEvent,
  parseBinary,
  parsePlain,
  readStructured,
} from '@millrace/events';
import type { FastifyRequest } from 'fastify';

export const BATCH_TYPE = 'application/cloudevents-batch+json';
export const STRUCTURED_TYPE = 'application/cloudevents+json';
const NOTHING: ReadonlySet<string> = new Set();

/** Whether a request carries a batch, going by its content type. */
export function isBatch(request: FastifyRequest): boolean {
  return typeOf(request) === BATCH_TYPE;
}

/** The body as it came; empty when there was none. Every content type is parsed to a Buffer by the app. */
export function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** An event from a request, and where its data stand in the body: a JSON Pointer. */
export interface ParsedEvent extends PlainEvent {
  readonly dataPointer: string;
}

/**
 * The one event in a request, by the rule of the CloudEvents HTTP binding §3: the content type tells structured mode, else
 * `ce-` headers tell binary mode; what is left over and says `application/json` is our plain mode. Throws `EventError`.
 */
export function parseRequest(request: FastifyRequest, defaultSource: string): ParsedEvent {
  const type = typeOf(request);
  if (type === STRUCTURED_TYPE) {
    refuseOtherCharsets(request);
    const { event, value } = readStructured(bodyOf(request));
    return { event, value, filledIn: NOTHING, dataPointer: '/data' };
  }
  if (!type?.startsWith('application/cloudevents') && isBinary(request.headers)) {
    const event = parseBinary(request.raw.rawHeaders, bodyOf(request));
    return { event, value: undefined, filledIn: NOTHING, dataPointer: '' };
  }
  if (type === 'application/json') {
    refuseOtherCharsets(request);
    const time = new Date().toISOString();
    const parsed = parsePlain(bodyOf(request), { id: randomUUID(), source: defaultSource, time });
    return { ...parsed, dataPointer: '/data' };
  }
  const sent = type === undefined ? 'no content type that can be read' : type;
  throw new EventError(
    'MEDIA_TYPE_UNSUPPORTED',
    `${sent} was sent; taken are ${STRUCTURED_TYPE}, ${BATCH_TYPE}, application/json, and any type with ce- headers`,
    [{ header: 'content-type', detail: 'is not supported' }],
  );
}

/** Refuses JSON in another encoding than UTF-8 (RFC 8259 §8.1), which the bytes alone might not give away. */
export function refuseOtherCharsets(request: FastifyRequest): void {
  if (!request.headers['content-type']?.includes(';')) return;
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(request.headers['content-type'] ?? '') ?? [];
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return;
  throw new EventError('MEDIA_TYPE_UNSUPPORTED', `JSON is read as UTF-8, not as ${charset}`, [
    { header: 'content-type', detail: 'has another charset than utf-8' },
  ]);
}

function typeOf(request: FastifyRequest): string | undefined {
  const { 'content-type': type = '' } = request.headers;
  // As nearly everybody sends it: there is nothing to take off.
  return type === STRUCTURED_TYPE || type === BATCH_TYPE ? type : essenceOf(type);
}
