import { createHash } from 'node:crypto';
import type { ToolName } from './policy.js';

/** Names of tools that model APIs accept, all of them. */
const MAX_LENGTH = 64;
const HASH_LENGTH = 8;

/**
 * The name by which a model knows a tool: `server__tool`. Model APIs take letters, digits, `_` and `-`, 64 of them; where
 * that loses something of the tool's own name, a hash of it makes up for that. The same for a tool whatever else is there.
 */
export function modelNameOf({ server, tool }: ToolName): string {
  const plain = `${server}__${tool}`;
  const { length } = server;
  // The one place with two of them in a row is where the server's name ends.
  const isSplitOnce = plain.indexOf('__') === length && plain.lastIndexOf('__') === length;
  if (isSplitOnce && /^[A-Za-z0-9_-]+$/.test(plain) && plain.length <= MAX_LENGTH) return plain;
  const hash = createHash('sha256').update(`${server}/${tool}`).digest('hex').slice(0, HASH_LENGTH);
  const readable = plain.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, MAX_LENGTH - HASH_LENGTH - 1);
  return `${readable}_${hash}`;
}

/** Tools by the names that a model knows them by. */
export class ToolNames<Tool extends ToolName> {
  readonly #byName = new Map<string, Tool>();

  /** Of two tools with the same name, which takes a forger or a hash collision, neither can be called. */
  constructor(tools: readonly Tool[]) {
    const taken = new Set<string>();
    for (const tool of tools) {
      const name = modelNameOf(tool);
      if (taken.has(name)) this.#byName.delete(name);
      else this.#byName.set(name, tool);
      taken.add(name);
    }
  }

  /** The tool that a model means; undefined when there is none of that name. */
  find(name: string): Tool | undefined {
    return this.#byName.get(name);
  }

  entries(): readonly (readonly [name: string, tool: Tool])[] {
    return [...this.#byName];
  }
}
