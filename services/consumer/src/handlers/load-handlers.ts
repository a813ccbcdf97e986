import { join } from 'node:path';
import type { Handler } from '@millrace/handlers';
import type { Route } from '@millrace/routing';
import { ConfigError } from '@millrace/runtime';
import type { ConfigFiles } from '../configuration/config-files.js';
import { importHandler } from './handler-modules.js';

/**
 * Loads the handlers that routes name, each file once. Their modules are those of before as long as nothing in the handlers
 * folder has changed. Throws `ConfigError` with every problem at once.
 */
export async function loadHandlers(
  routes: readonly Route[],
  { dir, handlers, handlersVersion }: ConfigFiles,
): Promise<ReadonlyMap<string, Handler>> {
  const named = routes.flatMap(({ id, action }) => (action.kind === 'handler' ? [{ id, file: action.file }] : []));
  const loaded = new Map<string, Handler>();
  const problems: string[] = [];
  for (const { id, file } of named) {
    if (loaded.has(file)) continue;
    const path = join(dir, file);
    if (!file.startsWith('handlers/')) problems.push(`route ${id}: ${file} is not in the folder handlers/`);
    else if (!handlers.has(path)) problems.push(`route ${id}: ${path} does not exist, or is not a readable file`);
    else {
      try {
        loaded.set(file, await importHandler(path, handlersVersion, handlers));
      } catch (error) {
        problems.push(`route ${id}: ${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return loaded;
}
