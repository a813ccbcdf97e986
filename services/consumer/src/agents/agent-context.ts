import {
  type Fading,
  findFading,
  KNOWN_ORIGIN,
  type Origin,
  parseMemory,
  type Remembered,
  remember,
  renderMemory,
} from '@millrace/agent';
import { describeError } from '@millrace/core';
import { type Event, lesserTrust, trustOf, withTrust } from '@millrace/events';
import { type AgentAction, ExpressionError, type Route, viewOf } from '@millrace/routing';
import { contextIdOf, type Entry, enterContext, type Outcome, type Stream } from '@millrace/stream-client';
import type { Attempt } from '../attempt.js';
import { toExpressionAttempt } from '../attempt-to.js';

/** What is remembered of earlier events, and what is to be remembered of this one. */
export interface RunMemory {
  /** For the model; undefined where there is nothing. */
  readonly text: string | undefined;
  /** Whose words there may be in it, as far as the route makes anything of that. */
  readonly origin: Origin;
  /** Called once, when the run is done. */
  readonly keep: (run: Remembered) => void;
  /** What there would be no room for any more once the run is kept; undefined where there is room for all. */
  readonly findFading: (run: Remembered) => Fading | undefined;
  /** An event that follows from the run that is kept: trusted no further than what the run was told. */
  readonly lowerTrust: (followUp: Event) => Event;
}

/** A context that a delivery has entered. */
export interface EnteredContext {
  readonly memory: RunMemory;
  /** The outcome with which it leaves the context, if it is final; only one that is done is remembered. */
  readonly leave: (outcome: Outcome) => Outcome;
}

/** How entering went. `none`: the route has no contexts, or the event is in none. */
export type Entering =
  | { readonly kind: 'none' }
  | { readonly kind: 'entered'; readonly context: EnteredContext }
  | { readonly kind: 'waiting'; readonly name: string; readonly ahead: number }
  | { readonly kind: 'failed'; readonly attempt: Attempt };

/** Enters the context of an event. Rejects as `enterContext` does. */
export async function enterAgentContext(entry: Entry, { id: route, action }: Route, stream: Stream): Promise<Entering> {
  if (action.kind !== 'agent' || action.renderContext === undefined) return { kind: 'none' };
  const { keepMs } = action.memory;
  let name: string | undefined;
  try {
    name = await action.renderContext(viewOf(entry.event));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { kind: 'failed', attempt: toExpressionAttempt(describeError(error)) };
  }
  if (name === undefined) return { kind: 'none' };
  const { ref, seq } = entry;
  const entrance = await enterContext(stream, { ref, seq, route, name, keepMs });
  if (entrance.kind === 'waiting') return { kind: 'waiting', name, ahead: entrance.ahead };
  return { kind: 'entered', context: toEntered(contextIdOf({ route, name }), entrance.memory, action) };
}

function toEntered(
  id: string,
  stored: string | undefined,
  { memory: { maxBytes, keepMs, isTrusted } }: AgentAction,
): EnteredContext {
  const before = parseMemory(stored);
  let after: string | undefined;
  let origin = before.origin;
  return {
    memory: {
      text: renderMemory(before),
      origin: isTrusted ? KNOWN_ORIGIN : before.origin,
      keep: (run) => {
        origin = run.origin;
        after = remember(before, run, maxBytes);
      },
      findFading: (run) => findFading(before, run, maxBytes),
      lowerTrust: (followUp) => withTrust(followUp, lesserTrust(trustOf(followUp), origin.trust)),
    },
    leave: (outcome) => {
      if (outcome.state === 'retrying' || outcome.state === 'parked') return outcome;
      const memory = outcome.state === 'done' && after !== undefined ? { memory: after } : {};
      return { ...outcome, leaves: { id, keepMs, ...memory } };
    },
  };
}
