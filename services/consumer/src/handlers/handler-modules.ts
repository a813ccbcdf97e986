import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withDeadline } from '@millrace/core';
import { type Handler, isHandler } from '@millrace/handlers';

/** The files of the handlers folder at one moment: absolute path to text. */
export type HandlerFiles = ReadonlyMap<string, string>;

/** Longest that the top level of a handler's modules may take, in ms. */
const MAX_LOAD_MS = 10_000;
/** Marks the address of a module that comes out of a snapshot; its value names the snapshot. */
const SNAPSHOT = 'millrace-snapshot';

/** Snapshots by name. They stay, since a module may import another one at any time. */
const snapshots = new Map<string, HandlerFiles>();
let areHooksSet = false;

/**
 * Imports one handler out of a snapshot of the handlers folder. It and what it imports from there are the texts of the
 * snapshot, whatever the files say by now; each snapshot has modules of its own. `@millrace/handlers` is ours, wherever the
 * folder is; other packages are found from where the file is. TypeScript loses its types, no more: what needs compiling
 * (enums, parameter properties) is refused by Node. Rejects with an `Error` that says what is wrong.
 */
export async function importHandler(path: string, snapshot: string, files: HandlerFiles): Promise<Handler> {
  setHooks();
  snapshots.set(snapshot, files);
  const url = pathToFileURL(path);
  url.searchParams.set(SNAPSHOT, snapshot);
  const loading = import(url.href) as Promise<{ readonly default?: unknown }>;
  const module = await withDeadline(loading, MAX_LOAD_MS, () => new Error(`is not loaded within ${MAX_LOAD_MS} ms`));
  if (!isHandler(module.default)) throw new Error('has no default export that was made by defineHandler');
  return module.default;
}

function setHooks(): void {
  if (areHooksSet) return;
  areHooksSet = true;
  const ownPackage = import.meta.resolve('@millrace/handlers');
  registerHooks({
    resolve: (specifier, context, next) => {
      const snapshot = snapshotIn(context.parentURL);
      if (snapshot === undefined) return next(specifier, context);
      if (specifier === '@millrace/handlers') return { url: ownPackage, shortCircuit: true };
      const url = /^\.{0,2}\//.test(specifier) ? new URL(specifier, context.parentURL) : undefined;
      if (url === undefined || !snapshots.get(snapshot)?.has(fileURLToPath(url))) return next(specifier, context);
      url.searchParams.set(SNAPSHOT, snapshot);
      return { url: url.href, shortCircuit: true };
    },
    load: (url, context, next) => {
      const snapshot = snapshotIn(url);
      const source = snapshot === undefined ? undefined : snapshots.get(snapshot)?.get(fileURLToPath(url));
      if (source === undefined) return next(url, context);
      return { format: formatOf(new URL(url).pathname), source, shortCircuit: true };
    },
  });
}

function snapshotIn(url: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith('file:')) return undefined;
  return new URL(url).searchParams.get(SNAPSHOT) ?? undefined;
}

function formatOf(path: string): 'json' | 'module' | 'module-typescript' {
  if (path.endsWith('.json')) return 'json';
  return /\.m?ts$/.test(path) ? 'module-typescript' : 'module';
}
