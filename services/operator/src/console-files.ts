import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One file of the console, ready to be sent. */
export interface ConsoleFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same compressed; undefined where that would not be smaller. */
  readonly gzipped: Buffer | undefined;
  readonly etag: string;
}

/** The console as it was built: a page, and what the page refers to. */
export interface ConsoleFiles {
  /** HTML, with a `<base>` that `pageAtDepth` sets. */
  readonly page: string;
  /** By their paths: `assets/index-3f2a.js`. */
  readonly assets: ReadonlyMap<string, ConsoleFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const PAGE = 'index.html';
const BASE = '<base href="./" />';

/**
 * Reads the built console into memory: it is small, and nothing that a request names reaches the file system. Resolves
 * with undefined when there is none, as in a checkout that was compiled without it.
 */
export async function readConsoleFiles(folder: string): Promise<ConsoleFiles | undefined> {
  let paths: string[];
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const assets = new Map<string, ConsoleFile>();
  for (const path of paths) {
    const type = TYPES[extname(path)];
    if (type === undefined) continue;
    const name = path.slice(folder.length + 1).replaceAll('\\', '/');
    assets.set(name, toConsoleFile(type, await readFile(path)));
  }
  const page = assets.get(PAGE)?.bytes.toString();
  assets.delete(PAGE);
  if (page === undefined) return undefined;
  if (!page.includes(BASE)) throw new Error(`${join(folder, PAGE)} has no ${BASE}`);
  return { page, assets };
}

/**
 * The page for an address so many folders below the beginning of the console. Where that is in the eyes of a browser, a
 * proxy alone knows; that the way back from `events/0-1` is `../` holds under any of them.
 */
export function pageAtDepth({ page }: ConsoleFiles, depth: number): ConsoleFile {
  const back = depth === 0 ? './' : '../'.repeat(depth);
  return toConsoleFile(TYPES['.html'] as string, Buffer.from(page.replace(BASE, `<base href="${back}" />`)));
}

function toConsoleFile(type: string, bytes: Buffer): ConsoleFile {
  const gzipped = gzipSync(bytes, { level: 9 });
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, bytes, gzipped: gzipped.length < bytes.length ? gzipped : undefined, etag };
}
