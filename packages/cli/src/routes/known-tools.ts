import { readFile, writeFile } from 'node:fs/promises';
import { createToolCaller, withSecrets } from '@millrace/mcp-client';
import type { KnownTool, KnownTools, ServerDefinition } from '@millrace/routing';
import { readSecret } from '@millrace/runtime';
import { z } from 'zod';
import type { CliConfig } from '../config.js';
import { CliError } from '../errors.js';

/** The tools of servers as far as they could be had; for the others, why not. */
export interface ToolsFound {
  readonly tools: KnownTools;
  readonly unchecked: readonly string[];
}

export type FetchTools = (servers: readonly ServerDefinition[]) => Promise<ToolsFound>;

export const NO_TOOLS: ToolsFound = { tools: new Map(), unchecked: [] };

/** Asks each server for its tools, all at once and within ten seconds. */
export function askServers(environment: CliConfig['environment'], signal: AbortSignal): FetchTools {
  return async (definitions) => {
    const settings = definitions.map((one) => withSecrets(one, (name) => readSecret(name, { ...environment })));
    const caller = createToolCaller(settings);
    try {
      const listings = await Promise.all(
        definitions.map(async ({ name }) => ({ name, listing: await caller.listTools(name, signal) })),
      );
      return {
        tools: new Map(
          listings.flatMap(({ name, listing }) =>
            listing.kind === 'ok' ? [[name, listing.tools as KnownTool[]]] : [],
          ),
        ),
        unchecked: listings.flatMap(({ name, listing }) =>
          listing.kind === 'ok' ? [] : [`calls to ${name} were not checked: ${listing.error.message}`],
        ),
      };
    } finally {
      await caller.close();
    }
  };
}

const snapshotSchema = z.object({
  servers: z.record(z.string(), z.array(z.looseObject({ name: z.string(), inputSchema: z.unknown() }))),
});

/** Takes the tools from a file that `--save-tools` has written. */
export function readSnapshot(file: string): FetchTools {
  return async (definitions) => {
    const { servers } = parseSnapshot(file, await readText(file));
    return {
      tools: new Map(Object.entries(servers) as [string, KnownTool[]][]),
      unchecked: definitions
        .filter(({ name }) => servers[name] === undefined)
        .map(({ name }) => `calls to ${name} were not checked: ${file} does not know it`),
    };
  };
}

/** Writes the tools down, for machines from which the servers cannot be reached. */
export async function saveSnapshot(file: string, tools: KnownTools): Promise<void> {
  await writeFile(file, `${JSON.stringify({ servers: Object.fromEntries(tools) }, undefined, 2)}\n`);
}

function parseSnapshot(file: string, text: string): z.output<typeof snapshotSchema> {
  try {
    return snapshotSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new CliError('CLI_USAGE', `${file} is not what --save-tools writes`, { cause: error });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError('CLI_USAGE', `cannot read ${file}: --servers is live, none, or a file of --save-tools`, {
      cause: error,
    });
  }
}
