import type { Entry, MalformedEntry } from '@millrace/stream-client';
import type { Disposal } from './outcome.js';

/** What the facts of a call have for people. */
interface CalledEffect {
  readonly server?: string;
  readonly tool?: string;
  readonly durationMs?: number;
}

/**
 * All that one log line says of a settled delivery: names, ids, codes and numbers, never what the event or an answer holds.
 * `ageMs` counts from acceptance, by this host's clock against Redis'. What is undefined is left out of the line.
 */
export function describeSettlement(entry: Entry | MalformedEntry, { outcome, reason, error }: Disposal, nowMs: number) {
  const event = entry.kind === 'entry' ? entry.event : undefined;
  const { detail } = outcome;
  const effect = detail.effects[0] as CalledEffect | undefined;
  return {
    eventId: event?.id,
    eventType: event?.type,
    ref: entry.ref,
    entryId: entry.id,
    route: outcome.route,
    version: detail.version || undefined,
    outcome: outcome.state,
    attempt: outcome.attempt,
    starts: entry.deliveryCount,
    reason,
    code: error?.code,
    class: error?.class,
    server: effect?.server,
    tool: effect?.tool,
    callMs: effect?.durationMs,
    effects: outcome.effects?.length || detail.effects.length || undefined,
    followUps: outcome.followUps?.length || undefined,
    ageMs: ageMsOf(entry.ref, nowMs),
    traceId: traceIdOf(event?.attributes.traceparent),
  };
}

/** Since acceptance: for logs and histograms, never for a decision. */
export function ageMsOf(ref: string, nowMs: number): number {
  return Math.max(0, nowMs - Number(ref.split('-')[1]));
}

function traceIdOf(traceparent: unknown): string | undefined {
  return typeof traceparent === 'string' ? /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] : undefined;
}
