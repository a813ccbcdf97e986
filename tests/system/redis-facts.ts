import type { Redis } from 'ioredis';

const EVENTS = 'millrace:{0}:events';
const GROUP = 'consumers';

/** What Redis itself says about the work that is not done. */
export interface Unfinished {
  /** Entries not acknowledged and deliveries that wait, as the scripts count them. */
  readonly backlog: number;
  /** Entries that are read and not acknowledged, as the group counts them. */
  readonly pending: number;
  /** Deliveries that wait for their time. */
  readonly due: number;
}

export async function readUnfinished(redis: Redis): Promise<Unfinished> {
  const [pending] = (await redis.xpending(EVENTS, GROUP)) as [number];
  const backlog = Number(await redis.hget('millrace:{0}:counters', 'backlog'));
  return { backlog, pending, due: await redis.zcard('millrace:{0}:due') };
}

/** The names in the group, with what each holds. */
export async function listHolders(redis: Redis): Promise<ReadonlyMap<string, number>> {
  const consumers = (await redis.xinfo('CONSUMERS', EVENTS, GROUP)) as unknown[][];
  return new Map(consumers.map(([, name, , pending]) => [String(name), Number(pending)]));
}

/** Entries that a consumer process holds, by its own name in the group; still known for a moment after its death. */
export async function countHeldBy(redis: Redis, pid: number): Promise<number> {
  const held = [...(await listHolders(redis))].find(([name]) => name.includes(`-${pid}-`));
  return held?.[1] ?? 0;
}

/** Which process holds an entry, and how often it has been started; undefined when nobody does. */
export async function findHolder(redis: Redis, entryId: string): Promise<{ pid: number; starts: number } | undefined> {
  const [found] = (await redis.xpending(EVENTS, GROUP, entryId, entryId, 1)) as [string, string, number, number][];
  if (found === undefined) return undefined;
  return { pid: Number(/-(\d+)-[0-9a-f]+$/.exec(found[1])?.[1]), starts: found[3] };
}

export function countDeadLetters(redis: Redis): Promise<number> {
  return redis.zcard('millrace:{0}:dead');
}

/** How often each event id was accepted into the stream. Retries that were put back are left out. */
export async function countAcceptances(redis: Redis): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const page = 5_000;
  for (let from = '-'; ; ) {
    const entries = (await redis.xrangeBuffer(EVENTS, from, '+', 'COUNT', page)) as [Buffer, Buffer[]][];
    for (const [, fields] of entries) {
      const id = acceptedId(fields);
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    if (entries.length < page) return counts;
    from = `(${entries.at(-1)?.[0].toString()}`;
  }
}

/** The id of the event that an entry was accepted as; undefined for a retry of one that has its own entry already. */
function acceptedId(fields: readonly Buffer[]): string | undefined {
  const [name, text] = fields;
  const attributes =
    name?.toString() === 'v2' && text !== undefined ? packedAttributes(text) : attributesByField(fields);
  return attributes === undefined ? undefined : (JSON.parse(attributes) as { id?: string }).id;
}

/** Format 2, one field: a line "SEQ KIND SIZE", attributes of that many bytes, data. */
function packedAttributes(text: Buffer): string {
  const headEnd = text.indexOf('\n');
  const size = Number(text.toString('latin1', 0, headEnd).split(' ')[2]);
  return text.toString('utf8', headEnd + 1, headEnd + 1 + size);
}

/** Format 1, names and values in turn; one that names a route is a retry. */
function attributesByField(fields: readonly Buffer[]): string | undefined {
  const texts = fields.map(String);
  const isRetry = texts.some((name, at) => at % 2 === 0 && name === 'route');
  return isRetry ? undefined : texts[texts.indexOf('event') + 1];
}
