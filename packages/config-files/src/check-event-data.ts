import type { Violations } from './check-data.js';
import type { EventSchemas } from './event-schemas.js';

/** As much of an event as its schema is about. */
export interface EventWithData {
  readonly type: string;
  readonly data?: { readonly kind: string; readonly bytes: Buffer } | undefined;
}

/**
 * What the schema of an event's type does not allow in its data, with pointers that begin with `dataPointer`. Undefined when
 * nothing is, or when the type has no schema. `value` is the data parsed, where the caller has them.
 */
export function findViolations(
  event: EventWithData,
  dataPointer: string,
  schemas: EventSchemas,
  value?: unknown,
): Violations | undefined {
  const schema = schemas.get(event.type);
  if (schema === undefined) return undefined;
  if (event.data?.kind !== 'json') {
    const detail = event.data === undefined ? 'is required, as the schema has it' : 'must be JSON for its schema';
    return { count: 1, first: [{ pointer: dataPointer, detail }] };
  }
  const { count, first } = schema.check(value === undefined ? JSON.parse(event.data.bytes.toString('utf8')) : value);
  if (count === 0) return undefined;
  return { count, first: first.map(({ pointer, detail }) => ({ pointer: `${dataPointer}${pointer}`, detail })) };
}
