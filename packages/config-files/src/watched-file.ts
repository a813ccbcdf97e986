import { open } from 'node:fs/promises';
import { PlatformError, sleep } from '@millrace/core';

export interface WatchedFileOptions<T> extends Watching<T> {
  readonly path: string;
  readonly maxBytes: number;
}

export interface WatchedTextOptions<T> extends Watching<T> {
  /** What the text is now. */
  readonly read: () => Promise<string>;
}

interface Watching<T> {
  /** How often the file is read again, in ms; 0 for never, so that only `reload` does it. */
  readonly pollMs: number;
  /** What the text says. Throws when any of it is wrong. */
  readonly parse: (text: string) => T;
  /** Told when a changed file was taken. */
  readonly onTaken: (value: T) => void;
  /** Told once of each change that was refused: the value before it stays in force. */
  readonly onRefused: (error: unknown) => void;
}

/**
 * Reads a file, and returns it with what it says; `start` then keeps that up to date. Throws what `parse` throws, and
 * `PlatformError` FILE_UNREADABLE.
 */
export function openWatchedFile<T>(options: WatchedFileOptions<T>): Promise<WatchedFile<T>> {
  return openWatchedText({ ...options, read: () => readBounded(options) });
}

/** As `openWatchedFile`, for a text that comes from several files, or from elsewhere. Throws what `read` and `parse` throw. */
export async function openWatchedText<T>(options: WatchedTextOptions<T>): Promise<WatchedFile<T>> {
  const text = await options.read();
  return new WatchedFile(options, text, options.parse(text));
}

/**
 * A file that may change while the process runs. A change is taken once two readings in a row gave the same text, whole
 * and in one step; a wrong one changes nothing. The contents are compared, not file times: it makes no difference whether
 * the file was written, replaced by renaming, or a link on the way to it was turned.
 */
export class WatchedFile<T> {
  readonly #options: WatchedTextOptions<T>;
  readonly #stopping = new AbortController();
  #polling: Promise<void> = Promise.resolve();
  #value: T;
  #taken: string;
  /** What the last reading gave: a text, or why there was none. */
  #seen: string;
  #refused: string | undefined;

  constructor(options: WatchedTextOptions<T>, text: string, value: T) {
    this.#options = options;
    this.#value = value;
    this.#taken = text;
    this.#seen = text;
  }

  /** What the file said when it was last right. */
  get value(): T {
    return this.#value;
  }

  start(): void {
    if (this.#options.pollMs > 0) this.#polling = this.#pollUntilStopped();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
  }

  /** Reads the file now and takes it as it is. Never rejects. */
  async reload(): Promise<void> {
    this.#consider(await this.#read());
  }

  /** Reads the file now, and takes it if it is as it was at the last look: one that is being written never is. */
  async look(): Promise<void> {
    const reading = await this.#read();
    const mark = markOf(reading);
    if (mark === this.#seen) this.#consider(reading);
    this.#seen = mark;
  }

  async #pollUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(this.#options.pollMs, signal);
      if (!signal.aborted) await this.look();
    }
  }

  async #read(): Promise<string | PlatformError> {
    try {
      return await this.#options.read();
    } catch (error) {
      return error instanceof PlatformError ? error : new PlatformError('FILE_UNREADABLE', String(error));
    }
  }

  #consider(reading: string | PlatformError): void {
    if (this.#stopping.signal.aborted) return;
    if (reading === this.#taken) this.#refused = undefined;
    else if (markOf(reading) !== this.#refused) this.#takeOrRefuse(reading);
  }

  #takeOrRefuse(reading: string | PlatformError): void {
    try {
      if (typeof reading !== 'string') throw reading;
      this.#value = this.#options.parse(reading);
    } catch (error) {
      this.#refused = markOf(reading);
      this.#options.onRefused(error);
      return;
    }
    this.#taken = reading;
    this.#refused = undefined;
    this.#options.onTaken(this.#value);
  }
}

function markOf(reading: string | PlatformError): string {
  return typeof reading === 'string' ? reading : `cannot be read: ${reading.message}`;
}

async function readBounded({
  path,
  maxBytes,
}: Pick<WatchedFileOptions<unknown>, 'path' | 'maxBytes'>): Promise<string> {
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    file = await open(path);
    // One byte more than allowed tells a file that is too large, whatever its size was said to be.
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(maxBytes + 1) });
    if (bytesRead <= maxBytes) return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file?.close();
  }
  throw new PlatformError('FILE_UNREADABLE', `${path} is larger than ${maxBytes} bytes`);
}

function unreadable(path: string, error: unknown): PlatformError {
  return new PlatformError('FILE_UNREADABLE', `cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
}
