import { lesserTrust, TRUSTS, type Trust } from '@millrace/events';
import { cleanText, unfence } from './fence.js';
import type { AgentReport } from './outcome.js';

/** Whose words there may be in something. */
export interface Origin {
  /** Of all whom it is from, that of the one trusted the least. */
  readonly trust: Trust;
  /** Whether any of it was brought back by a tool that reaches outside. */
  readonly isFromOutside: boolean;
}

/** What is remembered of the events of one context: the last of them, of those before a line each, and what tools said. */
export interface Memory {
  /** Of all that ever went into it, what has been cut again included: what is left was written under its influence. */
  readonly origin: Origin;
  /** Events in all. */
  readonly events: number;
  /** A line for each of the events before those in `turns`, as many of the last as there is room for. */
  readonly summary: string;
  readonly turns: readonly MemoryTurn[];
  readonly facts: readonly MemoryFact[];
}

/** One event, and what became of it. */
export interface MemoryTurn {
  /** When it was done, as an RFC 3339 time. */
  readonly at: string;
  readonly event: string;
  readonly result: string;
  /** `server/tool verdict`, call by call. */
  readonly calls: readonly string[];
}

/** What a tool has answered. */
export interface MemoryFact {
  readonly at: string;
  readonly tool: string;
  readonly said: string;
}

/** What is to be remembered of one run. */
export interface Remembered {
  readonly at: Date;
  /** Of the event, and of what was remembered when it was worked on. */
  readonly origin: Origin;
  /** As text; a stranger's words. */
  readonly event: string;
  readonly result: unknown;
  readonly report: AgentReport;
  /** What stands for the oldest events from now on; left out, a line for each that there is no room for. */
  readonly summary?: Summary;
}

/** Words for what was remembered of the oldest events. */
export interface Summary {
  readonly text: string;
  /** How many of the events in `turns`, the oldest first, it stands for besides those that an earlier summary stood for. */
  readonly turns: number;
}

/** What there is no room for any more, to be put into fewer words. */
export interface Fading {
  /** What stands for the events before; empty for none. */
  readonly summary: string;
  readonly turns: readonly MemoryTurn[];
}

/** Of words that need no caution. */
export const KNOWN_ORIGIN: Origin = { trust: 'signed', isFromOutside: false };
/** Of words about which nothing is known. */
const UNKNOWN_ORIGIN: Origin = { trust: 'anonymous', isFromOutside: true };
const NOTHING: Memory = { origin: KNOWN_ORIGIN, events: 0, summary: '', turns: [], facts: [] };
const MAX_TURNS = 8;
const MAX_FACTS = 16;
const MAX_CALLS = 16;
const MAX_TEXT_CHARS = 1_000;
const MAX_FACT_CHARS = 500;
const MAX_LINE_CHARS = 160;
/** Of a summary, whoever wrote it. */
export const MAX_SUMMARY_CHARS = 4_000;

/** Reads what was written before; nothing where it is not ours to read. The worst is thought of what does not say whose it is. */
export function parseMemory(text: string | undefined): Memory {
  if (text === undefined) return NOTHING;
  const { origin, events, summary, turns, facts } = JSON.parse(text) as Partial<Memory>;
  return {
    origin: origin !== undefined && TRUSTS.includes(origin.trust) ? origin : UNKNOWN_ORIGIN,
    events: events ?? 0,
    summary: summary ?? '',
    turns: turns ?? [],
    facts: facts ?? [],
  };
}

/** Whose words there may be in what comes of two things. */
export function mixOrigins(one: Origin, other: Origin): Origin {
  return {
    trust: lesserTrust(one.trust, other.trust),
    isFromOutside: one.isFromOutside || other.isFromOutside,
  };
}

/**
 * The memory with one more event in it, as JSON of at most `maxBytes`. What there is no room for goes the oldest first: an
 * event becomes a line of the summary, then facts go, then lines.
 */
export function remember(memory: Memory, run: Remembered, maxBytes: number): string {
  const { at, report, origin: own, summary } = run;
  const time = at.toISOString();
  const calls = report.steps.flatMap((step) => step.calls);
  const said = calls
    .filter(({ verdict }) => verdict === 'done')
    .map(({ tool, name, said: words }) => ({
      at: time,
      tool: tool ?? name,
      said: cleanText(unfence(words), MAX_FACT_CHARS),
    }));
  const facts = [...memory.facts.filter((old) => !said.some((one) => isSameFact(old, one))), ...said].slice(-MAX_FACTS);
  const isFromOutside = own.isFromOutside || calls.some((call) => call.isFromOutside === true);
  const origin = mixOrigins(memory.origin, { ...own, isFromOutside });
  const turns = [...memory.turns, toTurn(run)];
  const before =
    summary === undefined
      ? { summary: memory.summary, turns }
      : { summary: cleanText(summary.text, MAX_SUMMARY_CHARS), turns: turns.slice(summary.turns) };
  let next: Memory = { origin, events: memory.events + 1, ...before, facts };
  while (next.turns.length > MAX_TURNS) next = foldOldest(next);
  for (;;) {
    const text = JSON.stringify(next);
    if (Buffer.byteLength(text) <= maxBytes) return text;
    if (next.turns.length > 1) next = foldOldest(next);
    else if (next.facts.length > 0) next = { ...next, facts: next.facts.slice(1) };
    else if (next.summary !== '') next = { ...next, summary: next.summary.slice(Math.ceil(next.summary.length / 2)) };
    else return JSON.stringify({ ...NOTHING, origin, events: next.events });
  }
}

/** What this run would leave no room for; undefined where there is room for all. */
export function findFading(memory: Memory, run: Remembered, maxBytes: number): Fading | undefined {
  const turns = [...memory.turns, toTurn(run)];
  const kept = parseMemory(remember(memory, run, maxBytes)).turns.length;
  return kept === turns.length ? undefined : { summary: memory.summary, turns: turns.slice(0, turns.length - kept) };
}

/** What a model is told of it; undefined where there is nothing. */
export function renderMemory({ events, summary, turns, facts }: Memory): string | undefined {
  if (events === 0) return undefined;
  return JSON.stringify({ events, ...(summary === '' ? {} : { before: summary }), turns, facts });
}

function toTurn({ at, event, result, report }: Remembered): MemoryTurn {
  const calls = report.steps.flatMap((step) => step.calls);
  return {
    at: at.toISOString(),
    event: cleanText(event, MAX_TEXT_CHARS),
    result: cleanText(typeof result === 'string' ? result : (JSON.stringify(result) ?? 'null'), MAX_TEXT_CHARS),
    calls: calls.slice(0, MAX_CALLS).map(({ tool, name, verdict }) => `${cleanText(tool ?? name, 200)} ${verdict}`),
  };
}

function foldOldest(memory: Memory): Memory {
  const { summary, turns } = memory;
  const [oldest, ...rest] = turns;
  if (oldest === undefined) return memory;
  const line = `${oldest.at} ${oldest.result.replaceAll('\n', ' ').slice(0, MAX_LINE_CHARS)}`;
  const lines = summary === '' ? line : `${summary}\n${line}`;
  return { ...memory, summary: lines.slice(-MAX_SUMMARY_CHARS), turns: rest };
}

function isSameFact(a: MemoryFact, b: MemoryFact): boolean {
  return a.tool === b.tool && a.said === b.said;
}
