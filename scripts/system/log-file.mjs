import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';

const MAX_BYTES = 10 * 1024 * 1024;

/**
 * The log of one process, which writes to it directly: nothing is lost or held up when the process that started it is
 * busy or gone. Kept to about twice 10 MiB on disk, the older part in `<path>.1`.
 */
export class LogFile {
  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /**
   * Gives a file descriptor for appending to `use` and closes it afterwards; a child process keeps its own copy.
   * @template Result
   * @param {(descriptor: number) => Result} use
   */
  withDescriptor(use) {
    mkdirSync(dirname(this.path), { recursive: true });
    const descriptor = openSync(this.path, 'a');
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Moves a log that has grown past the limit aside. Lines written in that very moment may be lost. */
  trim() {
    if (!existsSync(this.path) || statSync(this.path).size <= MAX_BYTES) return;
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path);
  }

  /** @param {number} count */
  lastLines(count) {
    if (!existsSync(this.path)) return [];
    return readFileSync(this.path, 'utf8').trimEnd().split('\n').slice(-count);
  }
}
