import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { findAnswer, type RpcAnswer, type RpcId } from '../json-rpc.js';
import { EventStreamReader } from './event-stream.js';
import { HttpFault, type HttpFaultKind } from './http-fault.js';
import type { HttpReply, SendOptions } from './http-reply.js';
import { isDeeperThan } from './json-depth.js';

const MAX_ERROR_BYTES = 65_536;
const LINGER_MS = 1_000;

/** Reads the reply to one request as undici receives it, without a stream in between. Settles once. */
export class ReplyReader implements Dispatcher.DispatchHandler {
  readonly reply: Promise<HttpReply>;
  readonly #settled = Promise.withResolvers<HttpReply>();
  readonly #onAbort = () => this.#fail('aborted', 'the request was aborted');
  #open = true;
  #dispatched = false;
  #controller: Dispatcher.DispatchController | undefined;
  #linger: NodeJS.Timeout | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #events: EventStreamReader | undefined;
  #chunks: Buffer[] = [];
  #sizeBytes = 0;

  constructor(
    private readonly answerTo: RpcId | undefined,
    private readonly options: SendOptions,
  ) {
    this.reply = this.#settled.promise;
    if (options.signal.aborted) this.#onAbort();
    else options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (!this.#open) {
      controller.abort(new Error('nobody waits for this request any more'));
      return;
    }
    this.#dispatched = true;
    this.options.onDispatch?.();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (!this.#isSuccess() || this.answerTo === undefined) return;
    const mediaType = String(headers['content-type'] ?? '')
      .split(';')[0]
      ?.trim()
      .toLowerCase();
    if (mediaType === 'text/event-stream') this.#events = new EventStreamReader();
    else if (mediaType !== 'application/json') {
      this.#fail('no-answer', `HTTP ${status} with ${mediaType || 'no content'} is no answer to a request`);
    } else if (Number(headers['content-length'] ?? 0) > this.options.limits.maxBytes) this.#failTooLarge();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#open) return;
    this.#sizeBytes += chunk.length;
    if (!this.#isSuccess()) {
      if (this.#sizeBytes - chunk.length < MAX_ERROR_BYTES) this.#chunks.push(chunk);
      else this.#controller?.abort(new Error('the rest of an error body is not wanted'));
    } else if (this.#events !== undefined) this.#takeEvents(this.#events, chunk);
    else if (this.answerTo !== undefined) {
      if (this.#sizeBytes > this.options.limits.maxBytes) this.#failTooLarge();
      else this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    clearTimeout(this.#linger);
    if (!this.#open) return;
    if (!this.#isSuccess()) this.#succeed();
    else if (this.answerTo === undefined) this.#succeed();
    else if (this.#events !== undefined) this.#fail('no-answer', 'the event stream ended without the answer');
    else this.#takeMessage(Buffer.concat(this.#chunks).toString('utf8'), true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#linger);
    // The status of an error reply says enough, however its body ended.
    if (this.#status >= 300) this.#succeed();
    else this.#fail('network', error.message, error);
  }

  #isSuccess(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  #takeEvents(events: EventStreamReader, chunk: Buffer): void {
    for (const data of events.push(chunk)) {
      if (Buffer.byteLength(data) > this.options.limits.maxBytes) this.#failTooLarge();
      if (!this.#open) return;
      this.#takeMessage(data, false);
    }
    if (events.unfinishedLength > this.options.limits.maxBytes) this.#failTooLarge();
  }

  #takeMessage(text: string, isLast: boolean): void {
    if (isDeeperThan(text, this.options.limits.maxDepth)) {
      this.#fail('too-deep', `the answer is nested more than ${this.options.limits.maxDepth} deep`);
      return;
    }
    let received: unknown;
    try {
      received = JSON.parse(text);
    } catch (error) {
      this.#fail('unreadable', 'the answer is not JSON', error);
      return;
    }
    const answer = this.answerTo === undefined ? undefined : findAnswer(received, this.answerTo);
    if (answer !== undefined) this.#succeed(answer);
    else if (isLast) this.#fail('no-answer', 'the reply holds no answer to this request');
    else this.options.onMessage?.(received);
  }

  #failTooLarge(): void {
    this.#fail('too-large', `the answer is larger than ${this.options.limits.maxBytes} bytes`);
  }

  #succeed(answer?: RpcAnswer): void {
    if (!this.#close()) return;
    const text = this.#isSuccess() ? '' : Buffer.concat(this.#chunks).toString('utf8', 0, MAX_ERROR_BYTES);
    const reply = { status: this.#status, headers: this.#headers, sizeBytes: this.#sizeBytes, text };
    this.#settled.resolve(answer === undefined ? reply : { ...reply, answer });
    // A stream that outlives its answer would hold its connection for ever.
    if (this.#events !== undefined) {
      this.#linger = setTimeout(() => this.#controller?.abort(new Error('the answer is here')), LINGER_MS).unref();
    }
  }

  #fail(kind: HttpFaultKind, message: string, cause?: unknown): void {
    if (!this.#close()) return;
    const fault = new HttpFault(kind, this.#dispatched, message, cause);
    this.#settled.reject(fault);
    this.#controller?.abort(fault);
  }

  /** False when the request was settled before. */
  #close(): boolean {
    const wasOpen = this.#open;
    this.#open = false;
    this.options.signal.removeEventListener('abort', this.#onAbort);
    return wasOpen;
  }
}
