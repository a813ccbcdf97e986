import type { EventRecord } from './events';

/** An event among those that it comes from and leads to. */
export interface StoryEvent {
  readonly ref: string;
  /** Undefined when its record has expired. */
  readonly type: string | undefined;
  readonly state: string | undefined;
  readonly caused: readonly { readonly route: string; readonly event: StoryEvent }[];
}

/** A whole story, from its first event on. `isPart`: there is more than was read. */
export interface Story {
  readonly first: StoryEvent;
  readonly isPart: boolean;
}

/** Steps back to the first event, at most. */
const MAX_BACK = 16;
/** Events of one story that are read, at most. */
const MAX_EVENTS = 40;

/** What a story is read with. Resolves with undefined for an event whose record has expired. */
export type ReadRecord = (ref: string) => Promise<EventRecord | undefined>;

/** Reads what an event comes from, back to the first, and everything that the first has caused. */
export async function readStory(ref: string, read: ReadRecord): Promise<Story> {
  const records = new Map<string, EventRecord | undefined>();
  const readOnce = async (one: string) => {
    if (!records.has(one)) records.set(one, await read(one));
    return records.get(one);
  };
  const first = await findFirst(ref, readOnce);
  const isPart = await readOnward(first, readOnce, records);
  return { first: toStory(first, records, new Set()), isPart };
}

async function findFirst(ref: string, read: ReadRecord): Promise<string> {
  let first = ref;
  for (let steps = 0; steps < MAX_BACK; steps += 1) {
    const cause = (await read(first))?.causedBy;
    // A replay begins a story of its own: what the first has caused is not of its making.
    if (cause === undefined || cause.replayed || (await read(cause.ref)) === undefined) return first;
    first = cause.ref;
  }
  return first;
}

/** Generation by generation, so that what is left out is what is furthest away. */
async function readOnward(first: string, read: ReadRecord, records: ReadonlyMap<string, unknown>): Promise<boolean> {
  let generation = [first];
  const seen = new Set(generation);
  while (generation.length > 0) {
    const found = await Promise.all(generation.map(read));
    const next = found.flatMap((record) => record?.routes.flatMap(({ followUps }) => followUps) ?? []);
    generation = [...new Set(next)].filter((ref) => !seen.has(ref));
    for (const ref of generation) seen.add(ref);
    const room = MAX_EVENTS - records.size;
    if (generation.length > room) {
      await Promise.all(generation.slice(0, Math.max(0, room)).map(read));
      return true;
    }
  }
  return false;
}

function toStory(
  ref: string,
  records: ReadonlyMap<string, EventRecord | undefined>,
  above: ReadonlySet<string>,
): StoryEvent {
  const record = records.get(ref);
  const path = new Set([...above, ref]);
  const caused = (record?.routes ?? []).flatMap(({ id, followUps }) =>
    followUps
      .filter((one) => !path.has(one))
      .map((followUp) => ({ route: id, event: toStory(followUp, records, path) })),
  );
  return { ref, type: record?.event?.type, state: record?.state, caused };
}
