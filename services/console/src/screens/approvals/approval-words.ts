import { asModelTurn } from '../../api/agent-run';
import type { Approval } from '../../api/approvals';
import type { EventRecord } from '../../api/events';

/** An argument as it will be sent, in one line. */
export interface ShownArgument {
  readonly name: string;
  readonly text: string;
}

/** The arguments one by one; undefined where a line each would not show them whole. */
export function listArguments(args: Readonly<Record<string, unknown>>): readonly ShownArgument[] | undefined {
  const entries = Object.entries(args);
  if (entries.length > MAX_LINES) return undefined;
  const shown = entries.map(([name, value]) => ({ name, text: JSON.stringify(value) ?? '' }));
  return shown.every(({ text }) => text.length <= MAX_LINE_CHARS) ? shown : undefined;
}

const MAX_LINES = 12;
const MAX_LINE_CHARS = 200;

/** How far whoever sent the event is known, in words. */
export function describeSender({ event }: Pick<Approval, 'event'>): string {
  if (event === null) return 'nobody can tell whom it is from';
  const trust = TRUSTS[String(event.millracetrust ?? '')] ?? 'and nobody knows who has sent it';
  return `from ${String(event.source)}, ${trust}`;
}

/** An event that says nothing of it is trusted by nobody. */
const TRUSTS: Readonly<Record<string, string>> = { signed: 'signed by its sender', keyed: 'sent with a key' };

/** What the agent said last along a route before it was stopped to ask; undefined where it said nothing, or is no agent. */
export function lastWordsOf(record: EventRecord, route: string): string | undefined {
  const effects = record.routes.find(({ id }) => id === route)?.effects ?? [];
  const turns = effects.map(({ result }) => asModelTurn(result)).filter((turn) => turn !== undefined);
  const said = turns.at(-1)?.text.trim();
  return said === undefined || said === '' ? undefined : said;
}
