import { createHash } from 'node:crypto';
import type { ToolDescription } from '../tool-call.js';

/**
 * What a tool is pinned by: a digest of all that its server says about it. One changed byte in its description is another
 * pin; the order of members in a schema is not.
 */
export function pinOf({ name, title, description, inputSchema, outputSchema, annotations }: ToolDescription): string {
  const said = { name, title, description, inputSchema, outputSchema, annotations };
  return `sha256-${createHash('sha256').update(JSON.stringify(said, sortMembers)).digest('base64url')}`;
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
