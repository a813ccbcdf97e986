import { Cluster, type Redis } from 'ioredis';

const GROUP = 'consumers';
const MAP = 'millrace:{0}:map';

/** One Redis, or a cluster of them: whoever asks names keys and need not know which. */
export type AskedRedis = Redis | Cluster;

/** What Redis itself says about the work that is not done, in all partitions together. */
export interface Unfinished {
  /** Entries not acknowledged and deliveries that wait, as the scripts count them. */
  readonly backlog: number;
  /** Entries that are read and not acknowledged, as the group counts them. */
  readonly pending: number;
  /** Deliveries that wait for their time. */
  readonly due: number;
}

export async function readUnfinished(redis: AskedRedis): Promise<Unfinished> {
  const parts = await ofEachPartition(redis, async (partition) => {
    const [[pending], backlog, due] = await Promise.all([
      redis.xpending(eventsOf(partition), GROUP).catch(unlessNoGroup([0])) as Promise<[number]>,
      redis.hget(countersOf(partition), 'backlog'),
      redis.zcard(`millrace:{${partition}}:due`),
    ]);
    return { pending, backlog: Number(backlog), due };
  });
  return {
    backlog: sum(parts.map(({ backlog }) => backlog)),
    pending: sum(parts.map(({ pending }) => pending)),
    due: sum(parts.map(({ due }) => due)),
  };
}

/** The names in the groups, with what each holds in all of them. */
export async function listHolders(redis: AskedRedis): Promise<ReadonlyMap<string, number>> {
  const holders = new Map<string, number>();
  const groups = await ofEachPartition(redis, (partition) =>
    redis.xinfo('CONSUMERS', eventsOf(partition), GROUP).catch(unlessNoGroup([])),
  );
  for (const [, name, , pending] of groups.flat() as unknown[][])
    holders.set(String(name), (holders.get(String(name)) ?? 0) + Number(pending));
  return holders;
}

/** Entries that a consumer process holds, by its own name in the groups; still known for a moment after its death. */
export async function countHeldBy(redis: AskedRedis, pid: number): Promise<number> {
  const held = [...(await listHolders(redis))].find(([name]) => name.includes(`-${pid}-`));
  return held?.[1] ?? 0;
}

/** Which process holds the first entry of an event, and how often it has been started; undefined when nobody does. */
export async function findHolder(redis: AskedRedis, ref: string): Promise<{ pid: number; starts: number } | undefined> {
  const [partition, entryId] = splitRef(ref);
  const found = await redis.xpending(eventsOf(partition), GROUP, entryId, entryId, 1);
  const [first] = found as [string, string, number, number][];
  if (first === undefined) return undefined;
  return { pid: Number(/-(\d+)-[0-9a-f]+$/.exec(first[1])?.[1]), starts: first[3] };
}

export async function countDeadLetters(redis: AskedRedis): Promise<number> {
  return sum(await ofEachPartition(redis, (partition) => redis.zcard(`millrace:{${partition}}:dead`)));
}

/** Deliveries that wait for others of their lanes. */
export async function countQueued(redis: AskedRedis): Promise<number> {
  return sum(await ofEachPartition(redis, (partition) => redis.zcard(`millrace:{${partition}}:queued`)));
}

/** The keys of this pattern, on whichever node they are. */
export async function listKeys(redis: AskedRedis, pattern: string): Promise<readonly string[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  return (await Promise.all(nodes.map((node) => node.keys(pattern)))).flat();
}

/** How often each event id was accepted into a stream. Retries that were put back are left out. */
export async function countAcceptances(redis: AskedRedis): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  await ofEachPartition(redis, (partition) => addAcceptances(redis, partition, counts));
  return counts;
}

async function addAcceptances(redis: AskedRedis, partition: number, counts: Map<string, number>): Promise<void> {
  const page = 5_000;
  for (let from = '-'; ; ) {
    const entries = (await redis.xrangeBuffer(eventsOf(partition), from, '+', 'COUNT', page)) as [Buffer, Buffer[]][];
    for (const [, fields] of entries) {
      const id = acceptedId(fields);
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    if (entries.length < page) return;
    from = `(${entries.at(-1)?.[0].toString()}`;
  }
}

/** One line of the map of partitions. */
export interface MapLine {
  readonly epoch: number;
  readonly partitions: number;
  readonly state: string;
}

/** The map of partitions as it is written, the oldest line first; none where nothing has started yet. */
export async function readMapLines(redis: AskedRedis): Promise<readonly MapLine[]> {
  const fields = Object.entries(await redis.hgetall(MAP));
  const lines = fields.map(([epoch, text]) => {
    const [partitions, state = ''] = text.split(' ');
    return { epoch: Number(epoch), partitions: Number(partitions), state };
  });
  return lines.sort((one, other) => one.epoch - other.epoch);
}

/** By how many partitions new events are placed. */
export async function countPartitions(redis: AskedRedis): Promise<number> {
  return (await readMapLines(redis)).find(({ state }) => state === 'active')?.partitions ?? 1;
}

/** The epoch for which a partition was closed to earlier maps; 0 for one that never was. */
export async function readFence(redis: AskedRedis, partition: number): Promise<number> {
  const [epoch, fence] = await redis.hmget(countersOf(partition), 'epoch', 'fence');
  return fence ? Number(epoch) : 0;
}

/** In every partition that any line of the map names: there may be something in each. */
async function ofEachPartition<T>(redis: AskedRedis, ask: (partition: number) => Promise<T>): Promise<T[]> {
  const lines = (await readMapLines(redis)).filter(({ state }) => state !== 'preparing');
  const count = Math.max(1, ...lines.map(({ partitions }) => partitions));
  return Promise.all(Array.from({ length: count }, (_, partition) => ask(partition)));
}

/** A group that was lost holds nothing; what is open is in the backlog all the same. */
function unlessNoGroup<T>(instead: T): (error: Error) => T {
  return (error) => {
    if (!/^NOGROUP|no such key/i.test(error.message)) throw error;
    return instead;
  };
}

function splitRef(ref: string): readonly [partition: number, entryId: string] {
  const at = ref.indexOf('-');
  return [Number(ref.slice(0, at)), ref.slice(at + 1)];
}

function eventsOf(partition: number): string {
  return `millrace:{${partition}}:events`;
}

function countersOf(partition: number): string {
  return `millrace:{${partition}}:counters`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
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
