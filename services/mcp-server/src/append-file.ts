import { appendFileSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MockError } from './errors.js';

type FileHandle = Awaited<ReturnType<typeof open>>;

const CHUNK_BYTES = 64 * 1024;

/**
 * A file that lines are appended to. Lines keep their order; those of one turn of the event loop share a write at its end, which
 * nothing else happens beside: handing some bytes to the operating system takes less time than handing them to a thread.
 * `written` resolves once every line appended so far has been written: it then survives
 * the death of this process, not the death of the machine (there is no fsync). After a failed write nothing more is
 * written, and `written` rejects with WITNESS_UNWRITABLE for good.
 */
export class AppendFile {
  readonly #handle: FileHandle;
  #bytes: number;
  #queue: string[] = [];
  #writing: Promise<void> | undefined;
  #failure: MockError | undefined;

  private constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /**
   * Opens or creates the file, and its folder. `onLine` gets every whole line already there with its offset and length
   * in bytes; whatever follows the last line break is the torn end of a write that was never answered, and is cut off.
   */
  static async open(path: string, onLine: (line: string, offset: number, length: number) => void): Promise<AppendFile> {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'a+');
    try {
      const bytes = await readWholeLines(handle, 0, (line, offset, length) => {
        onLine(line, offset, length);
        return true;
      });
      await handle.truncate(bytes);
      return new AppendFile(handle, bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The error that ended writing, if any. */
  get failure(): MockError | undefined {
    return this.#failure;
  }

  /** Queues one line and returns where it will stand. The line must not contain a line break. */
  append(line: string): { readonly offset: number; readonly length: number } {
    const place = { offset: this.#bytes, length: Buffer.byteLength(line) };
    this.#bytes += place.length + 1;
    this.#queue.push(`${line}\n`);
    this.#writing ??= this.#writeSoon();
    return place;
  }

  async written(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** One line that has been written, by its place. */
  async lineAt(offset: number, length: number): Promise<string> {
    const { buffer } = await this.#handle.read(Buffer.alloc(length), 0, length, offset);
    return buffer.toString('utf8');
  }

  /** Reads written lines from `offset` on until there are no more or `onLine` answers false. */
  async readFrom(offset: number, onLine: (line: string) => boolean): Promise<void> {
    await readWholeLines(this.#handle, offset, onLine);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  #writeSoon(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#writing = undefined;
        this.#write();
        resolve();
      });
    });
  }

  #write(): void {
    const batch = this.#queue.join('');
    this.#queue = [];
    if (this.#failure !== undefined) return;
    try {
      appendFileSync(this.#handle.fd, batch);
    } catch (error) {
      this.#failure = new MockError('WITNESS_UNWRITABLE', 'the witness file cannot be written', [], error);
    }
  }
}

/** Calls `onLine` for each line that ends in a line break, from `offset` on. Answers the offset behind the last one. */
async function readWholeLines(
  handle: FileHandle,
  offset: number,
  onLine: (line: string, offset: number, length: number) => boolean,
): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let lineStart = offset;
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, lineStart + rest.length);
    if (bytesRead === 0) return lineStart;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      const wanted = onLine(bytes.toString('utf8', from, end), lineStart, end - from);
      lineStart += end + 1 - from;
      from = end + 1;
      if (!wanted) return lineStart;
    }
    rest = bytes.subarray(from);
  }
}
