import type { Partition } from './partition.ts';
import type { Script } from './scripts.ts';

const FIXED = 5;
const EACH = 5;
const NAMES = Object.fromEntries(
  ['format', 'seq', 'kind', 'event', 'data', 'ref', 'route', 'attempt', 'redriven', 'unsent'].map((name) => [
    name,
    Buffer.from(name),
  ]),
) as Record<string, Buffer>;

/** `append.lua`, for events that nobody has sent before and that are to be delivered at once. */
export const append: Script = (partition, _keys, args) => {
  const { node } = partition;
  const events = (args.length - FIXED) / EACH;
  node.spend(node.costs.append.base + events * node.costs.append.each);
  node.write();
  const room = Number(args[1]) - partition.backlog;
  return Array.from({ length: events }, (_none, n) => {
    if (n >= room) return 'backlog-full';
    const at = FIXED + n * EACH;
    partition.seq += 1;
    partition.backlog += 1;
    const [kind, event, data] = [args[at + 1], args[at + 2], args[at + 3]];
    const { ref } = partition.add(toFields({ format: 1, seq: partition.seq, kind, event, data }));
    return `accepted ${ref}`;
  });
};

/** What the record keeps of an event that waits, as `copy_event` of `settle.lua` has it. */
export function copyEvent(partition: Partition, ref: string, entryId: string): void {
  const record = partition.record(ref);
  if (record.has('copied')) return;
  record.set('copied', '1');
  const { fields = [] } = partition.log.find(entryId) ?? {};
  for (let at = 0; at < 10; at += 2) record.set(`entry:${String(fields[at])}`, String(fields[at + 1]));
}

/** Puts a delivery back into the stream, as an entry of its own. Replies false where there is no copy of the event. */
export function putBack(partition: Partition, ref: string, route: string): string | false {
  const record = partition.record(ref);
  const state = record.get(`state:${route}`);
  if (state === undefined || !record.has('copied')) return false;
  const [, attempts = '0'] = state.split(' ');
  const entry = Object.fromEntries(
    ['format', 'seq', 'kind', 'event', 'data'].map((name) => [name, record.get(`entry:${name}`)]),
  );
  const own = { ref, route, attempt: Number(attempts) + 1, redriven: 0, unsent: record.get(`unsent:${route}`) ?? 0 };
  return partition.add(toFields({ ...entry, ...own }), ref).id;
}

function toFields(values: Readonly<Record<string, string | number | Buffer | undefined>>): Buffer[] {
  return Object.entries(values).flatMap(([name, value]) => [
    NAMES[name] as Buffer,
    Buffer.isBuffer(value) ? value : Buffer.from(String(value)),
  ]);
}
