import type { ToolAnnotations, ToolDescription } from '@millrace/mcp-client';
import type { KnownTool } from '@millrace/stream-client';

/** Tools of one server that are told of. */
const MAX_TOOLS = 500;
/** Longest text of a server that is told, in characters: a title, or the beginning of a description. */
const MAX_TEXT = 240;

/** How far a server is believed. */
export interface ServerTrust {
  /** Whether the hints of its tools are. */
  readonly isTrusted: boolean;
  /** What each tool must be, by digest; undefined where the server has no lock. */
  readonly pins: Readonly<Record<string, string>> | undefined;
}

/** A tool as its server lists it, with the digest of all that it says. */
export interface SeenTool {
  readonly tool: ToolDescription;
  readonly digest: string;
}

/**
 * The tools that a server lists, and those that were accepted and are gone, by name. `before` is what was known of them: a
 * tool that is new since, or says something else, has changed `now`. Undefined: nothing was known, and nothing has changed.
 */
export function describeTools(
  seen: readonly SeenTool[],
  { pins }: ServerTrust,
  before: readonly KnownTool[] | undefined,
  now: string,
): readonly KnownTool[] {
  const known = new Map(before?.map((tool) => [tool.name, tool]));
  const listed = seen.map(({ tool, digest }): KnownTool => {
    const last = known.get(tool.name);
    const changedAt = before === undefined || last?.digest === digest ? last?.changedAt : now;
    return {
      ...describe(tool),
      digest,
      pin: comparePin(tool.name, digest, pins),
      ...(changedAt === undefined ? {} : { changedAt }),
    };
  });
  const names = new Set(listed.map(({ name }) => name));
  const missing = Object.keys(pins ?? {}).filter((name) => !names.has(name));
  return [...listed, ...missing.map((name): KnownTool => ({ name, pin: 'missing' }))]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, MAX_TOOLS);
}

function comparePin(name: string, digest: string, pins: ServerTrust['pins']): KnownTool['pin'] {
  if (pins === undefined) return 'none';
  if (!Object.hasOwn(pins, name)) return 'new';
  return pins[name] === digest ? 'accepted' : 'changed';
}

function describe({ name, title, description, annotations }: ToolDescription) {
  return {
    name,
    ...(title === undefined ? {} : { title: cut(title) }),
    ...(description === undefined ? {} : { description: cut(description) }),
    ...(annotations === undefined ? {} : { annotations: hintsOf(annotations) }),
  };
}

/** MCP's own hints: whatever else a server puts beside them has no bounds. */
function hintsOf({ readOnlyHint, destructiveHint, idempotentHint, openWorldHint }: ToolAnnotations): object {
  return { readOnlyHint, destructiveHint, idempotentHint, openWorldHint };
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}
