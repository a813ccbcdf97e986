import { type EventSchemas, findViolations } from '@millrace/config-files';
import { contentHashOf, findReserved, withTrust } from '@millrace/events';
import { bindCounter, createBoundedLabel, type Metrics, type Problem } from '@millrace/runtime';
import type { AppendResult, PartitionsAppender, Waiter } from '@millrace/stream-client';
import { type Sender, typeProblem } from './access/sender.js';
import { backlogProblem, conflictProblem, memoryProblem, reservedProblem, schemaProblem } from './error-handler.js';
import { type AppendMeter, createAppendMeter } from './measure-append.js';
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
 * type. Every event passes here, whatever way it came in. When the waiter is told `accepted`, the event is in the stream, once, and as
 * durable as the deployment asked. Told a `StreamError`, the event may be in the stream or not, and sending it again is safe.
 * A waiter instead of a promise: events come by the ten thousand a second.
 */
export type AcceptEvent = (parsed: ParsedEvent, sender: Sender | undefined, waiter: Waiter<Acceptance>) => void;

/** As `accept`, for who waits for one event alone. */
export function acceptanceOf(
  accept: AcceptEvent,
  parsed: ParsedEvent,
  sender: Sender | undefined,
): Promise<Acceptance> {
  return new Promise((resolve, reject) => accept(parsed, sender, { resolve, reject }));
}

export interface AcceptEventParts {
  readonly appender: Pick<PartitionsAppender, 'appendFor'>;
  readonly metrics: Metrics;
  /** The schemas of now. */
  readonly schemas: () => EventSchemas;
}

export function createAcceptEvent({ appender, metrics, schemas }: AcceptEventParts): AcceptEvent {
  const countAccepted = bindCounter(metrics.eventsAccepted, { result: 'accepted' });
  const countDuplicate = bindCounter(metrics.eventsAccepted, { result: 'duplicate' });
  const countType = createTypeCount(metrics, schemas());
  const meter = createAppendMeter(metrics);
  const count = (kind: 'accepted' | 'duplicate', type: string) => {
    if (kind === 'duplicate') return countDuplicate();
    countAccepted();
    countType(type);
  };
  return (parsed, sender, waiter) => {
    const { event, filledIn } = parsed;
    const problem = refusalOf(parsed, sender, schemas());
    if (problem !== undefined) return waiter.resolve({ kind: 'refused', problem });
    const trusted = withTrust(event, sender?.trust ?? 'anonymous');
    appender.appendFor(trusted, contentHashOf(event, filledIn), new Accepting(parsed, waiter, meter, count));
  };
}

/** An event on its way into the stream. */
class Accepting implements Waiter<AppendResult> {
  readonly #startedAt = performance.now();

  constructor(
    private readonly parsed: ParsedEvent,
    private readonly waiter: Waiter<Acceptance>,
    private readonly meter: AppendMeter,
    private readonly count: (kind: 'accepted' | 'duplicate', type: string) => void,
  ) {}

  resolve(result: AppendResult): void {
    this.meter.ended(this.#startedAt, result);
    if (result.kind === 'accepted' || result.kind === 'duplicate') this.count(result.kind, this.parsed.event.type);
    this.waiter.resolve(toAcceptance(result, this.parsed));
  }

  reject(error: unknown): void {
    this.meter.failed(this.#startedAt, error);
    this.waiter.reject(error);
  }
}

/** Counts accepted events by type. */
function createTypeCount(metrics: Metrics, schemas: EventSchemas): (type: string) => void {
  const labelOf = createBoundedLabel(MAX_OTHER_TYPES, schemas.keys());
  const counts = new Map<string, () => void>();
  return (type) => {
    const label = labelOf(type);
    const count = counts.get(label) ?? bindCounter(metrics.eventsByType, { type: label });
    counts.set(label, count);
    count();
  };
}

/** Why an event may not be appended, if it may not. */
function refusalOf(
  { event, value, dataPointer }: ParsedEvent,
  sender: Sender | undefined,
  schemas: EventSchemas,
): Problem | undefined {
  if (sender !== undefined && !sender.maySend(event.type)) return typeProblem(sender);
  const reserved = findReserved(event);
  if (reserved !== undefined) return reservedProblem(reserved);
  const violations = findViolations(event, dataPointer, schemas, value);
  return violations === undefined ? undefined : schemaProblem(event.type, violations);
}

function toAcceptance(result: AppendResult, { event, filledIn }: ParsedEvent): Acceptance {
  if (result.kind === 'memory-high') return { kind: 'refused', problem: memoryProblem() };
  if (result.kind === 'conflict') return { kind: 'refused', problem: conflictProblem(result.ref) };
  if (result.kind === 'backlog-full') return { kind: 'refused', problem: backlogProblem(result.limit) };
  const { id, source, attributes } = event;
  const duplicate = result.kind === 'duplicate';
  const { ref } = result;
  if (duplicate || !filledIn.has('time')) return { kind: 'accepted', answer: { ref, id, source, duplicate } };
  return { kind: 'accepted', answer: { ref, id, source, time: String(attributes.time), duplicate } };
}
