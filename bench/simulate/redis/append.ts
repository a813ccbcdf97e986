import type { Partition } from './partition.ts';
import type { Script } from './scripts.ts';

const NAMES = Object.fromEntries(
  ['format', 'seq', 'kind', 'event', 'data', 'ref', 'route', 'attempt', 'redriven', 'unsent'].map((name) => [
    name,
    Buffer.from(name),
  ]),
) as Record<string, Buffer>;

/** `append.lua`, for events that nobody has sent before and that are to be delivered at once. */
export const append: Script = (partition, _keys, args) => {
  const { node } = partition;
  const texts = textsIn(Buffer.from(args[7] as string | Buffer));
  node.step(node.costs.append);
  node.spend(texts.length * node.costs.append.each);
  node.write();
  const room = Number(args[1]) - partition.backlog;
  const wake = String(args[3]);
  if (wake !== '' && room > 0) node.publish(wake, 'new');
  const lines = texts.map((text, n) => {
    if (n >= room) return 'backlog-full';
    partition.seq += 1;
    partition.backlog += 1;
    const entry = readText(text);
    const { ref } = partition.add(toFields({ format: 1, seq: partition.seq, ...entry }));
    return `accepted ${ref}`;
  });
  return lines.join('\n');
};

/** The events of a call, each without its identity and its content hash. */
function textsIn(all: Buffer): readonly Buffer[] {
  const texts: Buffer[] = [];
  for (let at = 0; at < all.length; ) {
    const from = all.indexOf(10, at) + 1;
    const bytes = Number(all.toString('latin1', at, from).split(' ')[2]);
    texts.push(all.subarray(from, from + bytes));
    at = from + bytes;
  }
  return texts;
}

/** Takes apart what stands behind the sequence number in an entry of format 2. */
function readText(text: Buffer): { readonly kind: string; readonly event: Buffer; readonly data: Buffer } {
  const eventAt = text.indexOf(10) + 1;
  const [kind = '', size] = text.toString('latin1', 0, eventAt).split(' ');
  const dataAt = eventAt + Number(size);
  return { kind, event: text.subarray(eventAt, dataAt), data: text.subarray(dataAt) };
}

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
