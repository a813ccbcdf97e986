import type { ServerResponse } from 'node:http';

/** Comments keep proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
};

/** A piece of news: the name of the event, and what is sent with it as JSON. */
export interface News {
  readonly event: string;
  readonly data: unknown;
  /** What a reader that comes back says it has had. */
  readonly id?: string;
}

/**
 * Writes server-sent events to one reader. A reader that does not keep up loses news, and is told how much with a
 * `dropped` event as soon as it takes something again; what waits for it here is bounded by the socket's own buffer.
 */
export class EventWriter {
  readonly #raw: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  #isFull = false;
  #dropped = 0;

  constructor(raw: ServerResponse) {
    this.#raw = raw;
    raw.writeHead(200, HEADERS);
    this.#put(': welcome\n\n');
    raw.on('drain', () => this.#goOn());
    this.#heartbeat = setInterval(() => this.#put(': still here\n\n'), HEARTBEAT_MS);
  }

  /** Sends it, or counts it among what was dropped. */
  write({ event, data, id }: News): void {
    if (this.#isFull) this.#dropped += 1;
    else this.#put(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Counts news that somebody else has left out. */
  drop(count: number): void {
    this.#dropped += count;
    if (!this.#isFull) this.#goOn();
  }

  end(): void {
    clearInterval(this.#heartbeat);
    this.#raw.end();
  }

  #put(text: string): void {
    if (this.#isFull) return;
    this.#isFull = !this.#raw.write(text);
  }

  #goOn(): void {
    this.#isFull = false;
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.#put(`event: dropped\ndata: {"dropped":${dropped}}\n\n`);
  }
}
