import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createToolCaller, type ToolCallerWithLife, type ToolLister, withSecrets } from '@millrace/mcp-client';
import { parseServers, RouteError } from '@millrace/routing';
import { readSecret } from '@millrace/runtime';
import type { CliConfig } from '../config.js';
import { CliError } from '../errors.js';

/** The servers of a configuration folder, ready to be called. */
export interface OpenServers {
  readonly names: readonly string[];
  readonly caller: ToolCallerWithLife & ToolLister;
}

/** Reads `servers.yaml` and opens what calls them; nothing is connected yet. Throws CLI_USAGE when it cannot be used. */
export async function openServers(dir: string, { environment }: CliConfig): Promise<OpenServers> {
  const file = join(dir, 'servers.yaml');
  const text = await readConfigText(file);
  try {
    const definitions = parseServers(text, file, environment);
    const settings = definitions.map((one) => withSecrets(one, (name) => readSecret(name, { ...environment })));
    return { names: settings.map(({ name }) => name), caller: createToolCaller(settings) };
  } catch (error) {
    if (error instanceof RouteError) throw new CliError('CLI_USAGE', error.message, { cause: error });
    throw error;
  }
}

async function readConfigText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError('CLI_USAGE', `cannot read ${file} (${code}): --config names the folder`, { cause: error });
  }
}
