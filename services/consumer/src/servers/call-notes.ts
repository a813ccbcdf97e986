import type { CallOutcome } from '@millrace/mcp-client';
import type { ServerCall } from '@millrace/stream-client';
import type { ToolWindow } from './tool-window.js';

/** Calls of each kind and server that are kept until they are taken: the last ones. */
const MAX_KEPT = 50;

/** The delivery for which a call was made. */
export interface CallCause {
  readonly route: string;
  readonly ref: string;
  readonly attempt: number;
}

interface Target {
  readonly server: string;
  readonly tool: string;
}

/**
 * Takes note of the calls that went out, or found nobody at the other end; one that was kept from its server says nothing
 * about it. Costs a call an entry in a list of bounded length, whatever reads it.
 */
export class CallNotes {
  #kept = new Map<string, { readonly done: ServerCall[]; readonly failed: ServerCall[] }>();

  /** `now` counts in ms, by Redis' clock. */
  constructor(
    private readonly consumer: string,
    private readonly window: Pick<ToolWindow, 'note'>,
    private readonly now: () => number,
  ) {}

  note({ server, tool }: Target, outcome: CallOutcome, cause: CallCause): void {
    if (!hasGoneOut(outcome)) return;
    const durationMs = Math.round(outcome.facts.durationMs * 10) / 10;
    this.window.note(server, tool, { durationMs, hasFailed: hasFailed(outcome) });
    const call = {
      at: new Date(this.now()),
      tool,
      ...cause,
      ...wordsFor(outcome),
      durationMs,
      consumer: this.consumer,
    };
    const kept = this.#kept.get(server) ?? { done: [], failed: [] };
    this.#kept.set(server, kept);
    const list = outcome.kind === 'ok' ? kept.done : kept.failed;
    list.push(call);
    if (list.length > MAX_KEPT) list.shift();
  }

  /** What was noted since the last time, by server. */
  take(): ReadonlyMap<string, readonly ServerCall[]> {
    const kept = this.#kept;
    this.#kept = new Map();
    return new Map([...kept].map(([server, { done, failed }]) => [server, [...done, ...failed]]));
  }
}

function hasGoneOut(outcome: CallOutcome): boolean {
  return outcome.kind === 'ok' || outcome.facts.dispatched || outcome.error.code === 'TOOL_UNREACHABLE';
}

/** A tool that asks for something has answered as it should. */
function hasFailed(outcome: CallOutcome): boolean {
  return outcome.kind === 'failed' && outcome.error.class !== 'needs-input';
}

function wordsFor(outcome: CallOutcome): { readonly outcome: string; readonly code?: string } {
  if (outcome.kind === 'ok') return { outcome: 'done' };
  return { outcome: outcome.error.class, code: outcome.error.code };
}
