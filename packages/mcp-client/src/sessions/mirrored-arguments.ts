import { fieldOf } from '../json-rpc.js';
import type { ToolCall, ToolDescription } from '../tool-call.js';

/** An argument that a tool wants repeated as a header. */
interface Mirrored {
  readonly path: readonly string[];
  readonly header: string;
}

const found = new WeakMap<ToolDescription, readonly Mirrored[]>();

/**
 * The headers that repeat arguments of a call, for proxies that do not read bodies: those that the tool's schema marks
 * with `x-mcp-header` (MCP 2026-07-28). Listings have no tool in which such a mark stands where it may not. None for a
 * tool that is not among those known; its server says so when it wants any.
 */
export function mirrorArguments(
  tools: readonly ToolDescription[] | undefined,
  { tool, arguments: values }: ToolCall,
): Record<string, string> {
  const description = tools?.find(({ name }) => name === tool);
  if (description === undefined) return {};
  let mirrored = found.get(description);
  if (mirrored === undefined) {
    mirrored = findMirrored(description.inputSchema, []);
    found.set(description, mirrored);
  }
  const headers: Record<string, string> = {};
  for (const { path, header } of mirrored) {
    const value = toText(path.reduce<unknown>(fieldOf, values));
    if (value !== undefined) headers[`mcp-param-${header.toLowerCase()}`] = encodeHeaderValue(value);
  }
  return headers;
}

/** A text as the value of a header: as it is, or in Base64 with a mark where a header could not carry it. */
export function encodeHeaderValue(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(text);
  const isMarked = text.startsWith('=?base64?') && text.endsWith('?=');
  return isPlain && !isMarked ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}

function findMirrored(schema: unknown, path: readonly string[]): readonly Mirrored[] {
  const header = fieldOf(schema, 'x-mcp-header');
  const own = typeof header === 'string' ? [{ path, header }] : [];
  const properties = fieldOf(schema, 'properties');
  if (typeof properties !== 'object' || properties === null) return own;
  return [...own, ...Object.entries(properties).flatMap(([name, inner]) => findMirrored(inner, [...path, name]))];
}

/** Undefined for what has no text that everybody would write alike: nothing, objects, numbers beyond exactness. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}
