import { type EventSchemas, findViolations } from '@millrace/config-files';
import { contentHashOf, findReserved, withTrust } from '@millrace/events';
import { createBoundedLabel, type Metrics, type Problem } from '@millrace/runtime';
import type { Appender } from '@millrace/stream-client';
import { type Sender, typeProblem } from './access/sender.js';
import { backlogProblem, conflictProblem, memoryProblem, reservedProblem, schemaProblem } from './error-handler.js';
import { measureAppend } from './measure-append.js';
import type { ParsedEvent } from './parse-request.js';

/** Event types without a schema that are counted by name. */
const MAX_OTHER_TYPES = 100;

/** What became of an event at the door. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly answer: AcceptedEvent }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** The body of a 202. `time` is there when we made it up. */
export interface AcceptedEvent {
  readonly ref: string;
  readonly id: string;
  readonly source: string;
  readonly time?: string;
  readonly duplicate: boolean;
}

/**
 * Appends an event that was parsed, after checking whether its sender may send it, and its data against the schema of its
 * type. Every event passes here, whatever way it came in. When it says `accepted`, the event is in the stream, once, and as durable as the
 * deployment asked. Throws `StreamError`; the event may then be in the stream or not, and sending it again is safe.
 */
export type AcceptEvent = (parsed: ParsedEvent, sender: Sender | undefined) => Promise<Acceptance>;

export interface AcceptEventParts {
  readonly appender: Pick<Appender, 'append'>;
  readonly metrics: Metrics;
  /** The schemas of now. */
  readonly schemas: () => EventSchemas;
}

export function createAcceptEvent({ appender, metrics, schemas }: AcceptEventParts): AcceptEvent {
  const accepted = metrics.eventsAccepted.labels('accepted');
  const duplicates = metrics.eventsAccepted.labels('duplicate');
  const typeLabel = createBoundedLabel(MAX_OTHER_TYPES, schemas().keys());
  const append = measureAppend(appender, metrics);
  return async ({ event, filledIn, dataPointer }, sender) => {
    if (sender !== undefined && !sender.maySend(event.type)) return { kind: 'refused', problem: typeProblem(sender) };
    const reserved = findReserved(event);
    if (reserved !== undefined) return { kind: 'refused', problem: reservedProblem(reserved) };
    const violations = findViolations(event, dataPointer, schemas());
    if (violations !== undefined) return { kind: 'refused', problem: schemaProblem(event.type, violations) };
    const result = await append(withTrust(event, sender?.trust ?? 'anonymous'), contentHashOf(event, filledIn));
    if (result.kind === 'memory-high') return { kind: 'refused', problem: memoryProblem() };
    if (result.kind === 'conflict') return { kind: 'refused', problem: conflictProblem(result.ref) };
    if (result.kind === 'backlog-full') return { kind: 'refused', problem: backlogProblem(result.limit) };
    const duplicate = result.kind === 'duplicate';
    if (duplicate) {
      duplicates.inc();
    } else {
      accepted.inc();
      metrics.eventsByType.labels(typeLabel(event.type)).inc();
    }
    const { id, source, attributes } = event;
    const madeUpTime = filledIn.has('time') && !duplicate ? { time: String(attributes.time) } : {};
    return { kind: 'accepted', answer: { ref: result.ref, id, source, ...madeUpTime, duplicate } };
  };
}
