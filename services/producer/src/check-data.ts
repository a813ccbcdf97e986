import type { EventSchemas, Violations } from '@millrace/config-files';
import type { Event } from '@millrace/events';

/**
 * What the schema of an event's type does not allow in its data, with pointers into the request's body, where the data
 * stand at `dataPointer`. Undefined when nothing is, or when the type has no schema.
 */
export function findViolations(event: Event, dataPointer: string, schemas: EventSchemas): Violations | undefined {
  const schema = schemas.get(event.type);
  if (schema === undefined) return undefined;
  if (event.data?.kind !== 'json') {
    const detail = event.data === undefined ? 'is required, as the schema has it' : 'must be JSON for its schema';
    return { count: 1, first: [{ pointer: dataPointer, detail }] };
  }
  // Parsed a second time: the bytes are what is kept, and few types pay for it.
  const { count, first } = schema.check(JSON.parse(event.data.bytes.toString('utf8')));
  if (count === 0) return undefined;
  return { count, first: first.map(({ pointer, detail }) => ({ pointer: `${dataPointer}${pointer}`, detail })) };
}
