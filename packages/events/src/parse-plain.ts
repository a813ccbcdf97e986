import { eventIn, type ReadEvent, readEnvelope } from './parse-structured.js';

/** What stands in for attributes that a sender of plain JSON left out. */
export interface Defaults {
  readonly id: string;
  readonly source: string;
  /** RFC 3339. */
  readonly time: string;
}

/** An event together with the names of the attributes that were not sent but filled in. */
export interface PlainEvent extends ReadEvent {
  readonly filledIn: ReadonlySet<string>;
}

/**
 * An event in plain JSON (`application/json`), for people with curl: an object with at least `type` and `data`, and any
 * other attribute. `specversion`, `id`, `source` and `time` are filled in where they are missing. Throws `EventError`
 * with every problem at once.
 */
export function parsePlain(body: Buffer, defaults: Defaults): PlainEvent {
  const envelope = readEnvelope(body);
  const filledIn = new Set<string>();
  for (const [name, value] of Object.entries({ specversion: '1.0', ...defaults })) {
    if (envelope.attributes[name] !== undefined) continue;
    envelope.attributes[name] = value;
    filledIn.add(name);
  }
  const hasData = envelope.data !== undefined || envelope.base64 !== undefined;
  const problems = hasData ? [] : [{ pointer: '/data', detail: 'is required' }];
  return { event: eventIn(envelope, problems), value: envelope.value, filledIn };
}
