import { pinOf, type ToolDescription } from '@millrace/mcp-client';
import type { ToolLock } from '@millrace/routing';

/** How a tool of today differs from the one that was accepted. */
export interface ToolChange {
  readonly server: string;
  readonly tool: string;
  readonly kind: 'new' | 'changed' | 'gone';
  /** Lines for people: `-` what was accepted, `+` what is there now. */
  readonly diff: readonly string[];
}

/** Compares the tools of one server with the lock. Gone ones are listed too: accepting that forgets them. */
export function compareTools(
  server: string,
  tools: readonly ToolDescription[],
  accepted: ToolLock[string] = {},
): readonly ToolChange[] {
  const changes = tools.flatMap((tool): ToolChange[] => {
    const before = Object.hasOwn(accepted, tool.name) ? accepted[tool.name] : undefined;
    if (before?.pin === pinOf(tool)) return [];
    const kind = before === undefined ? 'new' : 'changed';
    return [{ server, tool: tool.name, kind, diff: diffOf(before?.tool ?? {}, { ...tool }) }];
  });
  const names = new Set(tools.map(({ name }) => name));
  const gone = Object.keys(accepted).filter((name) => !names.has(name));
  return [...changes, ...gone.map((tool) => ({ server, tool, kind: 'gone' as const, diff: [] }))];
}

/** The lock with one change accepted. */
export function acceptChange(lock: ToolLock, change: ToolChange, tools: readonly ToolDescription[]): ToolLock {
  const { [change.tool]: _before, ...others } = lock[change.server] ?? {};
  const tool = tools.find(({ name }) => name === change.tool);
  const next = tool === undefined ? others : { ...others, [change.tool]: { pin: pinOf(tool), tool: { ...tool } } };
  return { ...lock, [change.server]: next };
}

function diffOf(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields.flatMap((field) => {
    const [old, now] = [toLines(before[field]), toLines(after[field])];
    if (old.join('\n') === now.join('\n')) return [];
    const same = countSame(old, now);
    const sameEnd = countSame(old.slice(same).reverse(), now.slice(same).reverse());
    const cut = (lines: readonly string[], sign: string) =>
      lines.slice(same, lines.length - sameEnd).map((line) => `${sign} ${field}: ${line}`);
    return [...cut(old, '-'), ...cut(now, '+')];
  });
}

function toLines(value: unknown): string[] {
  if (value === undefined) return [];
  return (typeof value === 'string' ? value : JSON.stringify(value, sortMembers, 2)).split('\n');
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function countSame(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((line, index) => line !== b[index]);
  return at === -1 ? Math.min(a.length, b.length) : at;
}
