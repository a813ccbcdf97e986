import { createFollowUp, type Event, MAX_EVENT_BYTES } from '@millrace/events';
import type { EmittedEvent } from '@millrace/handlers';

/** Events that one delivery may emit. */
const MAX_EMITTED = 100;
const MAX_PARTITION_KEY_CHARS = 256;

/** Collects what a handler emits, to be settled together with the outcome. */
export class Emissions {
  readonly #cause: Event;
  readonly #route: string;
  /** Made with the first: most handlers emit nothing. */
  #events: Map<string, Event> | undefined;
  #isBeyondHops = false;

  constructor(cause: Event, route: string) {
    this.#cause = cause;
    this.#route = route;
  }

  get events(): readonly Event[] {
    return this.#events === undefined ? [] : [...this.#events.values()];
  }

  /** Whether an event was left out because its chain has come to the hop limit. */
  get isBeyondHops(): boolean {
    return this.#isBeyondHops;
  }

  /** Takes an event in. Its id follows from the cause, the route, and its key or else its place. Throws `TypeError`. */
  add({ type, subject, partitionkey, data, key }: EmittedEvent): void {
    if (typeof type !== 'string' || type === '') throw new TypeError('an emitted event needs a type');
    if (subject !== undefined && typeof subject !== 'string') throw new TypeError('the subject of an event is a text');
    if (partitionkey !== undefined && !isPartitionKey(partitionkey))
      throw new TypeError(`the partition key of an event is a text of 1 to ${MAX_PARTITION_KEY_CHARS} characters`);
    this.#events ??= new Map();
    const name = key === undefined ? `#${this.#events.size}` : `key ${key}`;
    if (this.#events.has(name)) throw new TypeError(`two emitted events have the key ${key}; keys are unique`);
    if (this.#events.size >= MAX_EMITTED) throw new TypeError(`a delivery emits at most ${MAX_EMITTED} events`);
    const bytes = Buffer.from(JSON.stringify(data) ?? '');
    if (bytes.length > MAX_EVENT_BYTES)
      throw new TypeError(`the data of ${type} have ${bytes.length} bytes, more than ${MAX_EVENT_BYTES}`);
    const ownSubject = this.#cause.attributes.subject;
    const about = subject ?? (typeof ownSubject === 'string' ? ownSubject : undefined);
    const content = {
      type,
      ...(about === undefined ? {} : { subject: about }),
      ...(partitionkey === undefined ? {} : { partitionkey }),
      data: bytes.length === 0 ? undefined : ({ kind: 'json', bytes } as const),
    };
    const event = createFollowUp(this.#cause, this.#route, content, name);
    if (event === undefined) this.#isBeyondHops = true;
    else this.#events.set(name, event);
  }
}

function isPartitionKey(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_PARTITION_KEY_CHARS;
}
