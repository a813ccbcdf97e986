import type { EntryFields } from '../codec.js';
import { runScriptForBytes } from '../scripts.js';
import type { Stream } from '../stream.js';

/**
 * What the record of an event says, by the names of its fields, in whichever form Redis keeps it: all that it has, or of those
 * that are named. Empty where there is no record, or it has expired. Throws STREAM_UNAVAILABLE.
 */
export async function readFields(
  { redis, keys }: Pick<Stream, 'redis' | 'keys'>,
  ref: string,
  ...names: readonly string[]
): Promise<EntryFields> {
  return toMap(await runScriptForBytes(redis, 'read-record', [keys.record(ref)], names));
}

/** The state and the detail of a delivery, as its record has them. */
export async function readDelivery(
  stream: Pick<Stream, 'redis' | 'keys'>,
  ref: string,
  route: string,
): Promise<[state: string | undefined, detail: string | undefined]> {
  const names = [`state:${route}`, `detail:${route}`] as const;
  const fields = await readFields(stream, ref, ...names);
  return [fields.get(names[0])?.toString(), fields.get(names[1])?.toString()];
}

/**
 * As `readFields`, of what a list of many shows: how the event and its deliveries stand, and with `copy` its attributes, where
 * the record has them. Results and data, which may be large, stay where they are.
 */
export async function readStates(
  { redis, keys }: Pick<Stream, 'redis' | 'keys'>,
  ref: string,
  { copy }: { readonly copy: boolean },
): Promise<EntryFields> {
  return toMap(await runScriptForBytes(redis, 'read-states', [keys.record(ref)], [copy ? 1 : 0]));
}

function toMap(reply: unknown): EntryFields {
  const flat = reply as readonly Buffer[];
  const fields = new Map<string, Buffer>();
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(String(flat[i]), flat[i + 1] as Buffer);
  return fields;
}
