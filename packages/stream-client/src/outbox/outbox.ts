import { runScript, type ScriptArgument } from '../scripts.js';
import type { Stream } from '../stream.js';

/** What is to go on in another partition, as it lies in the outbox of the one in which it was settled. */
export interface Departure {
  /** Of its place in the outbox: what departed earlier has a lower one. */
  readonly id: string;
  /** The delivery that it comes from. */
  readonly ref: string;
  readonly route: string;
  /** A number that tells where it belongs, by however many partitions there are. */
  readonly place: number;
  readonly identity: string;
  readonly contentHash: string;
  /** The event as scripts take it. */
  readonly text: Buffer;
}

/** `busy`: another consumer moves what is there. */
export type OutboxPage =
  | { readonly kind: 'busy' | 'none' }
  | { readonly kind: 'found'; readonly departures: readonly Departure[]; readonly last: string };

/** The beginning of an outbox. */
export const OUTBOX_START = '0-0';

const MAX_READ = 256;
const MAX_READ_BYTES = 1024 * 1024;
/** For how long a consumer that was handed something is the mover, in ms. One that dies holds others up for so long. */
const MOVER_MS = 2_000;

/**
 * The oldest of what lies in the outbox after an id. Until it has found `none`, this consumer is the one that moves it. What is
 * found is as durable as the deployment asked, with its event: else a failover could lose an event whose delivery is at work
 * elsewhere, and sent again by its sender that would be a second delivery there. Throws as durable writes do.
 */
export async function readOutbox(
  { keys, writes }: Pick<Stream, 'keys' | 'writes'>,
  consumer: string,
  after: string,
): Promise<OutboxPage> {
  const args = [consumer, MOVER_MS, after, MAX_READ, MAX_READ_BYTES];
  const reply = await writes.runForBytes(
    'read-outbox',
    [keys.outbox, keys.mover],
    args,
    (answer) => kindOf(answer) === 'found',
  );
  const kind = kindOf(reply);
  if (kind !== 'found') return { kind };
  const [, ...entries] = reply as [Buffer, ...[Buffer, Buffer[]][]];
  const departures = entries.map(([id, flat]) => toDeparture(id.toString(), flat));
  return { kind, departures, last: departures.at(-1)?.id ?? after };
}

function kindOf(reply: unknown): OutboxPage['kind'] {
  const [word] = reply as [Buffer];
  return word.toString() as OutboxPage['kind'];
}

/** A departure, and the ref under which it is in the other partition. */
export interface Arrived {
  readonly departure: Departure;
  readonly ref: string;
}

/** Takes what has arrived out of the outbox, and notes in the records of what it comes from where it is now. */
export async function clearOutbox(
  { keys, redis }: Pick<Stream, 'keys' | 'redis'>,
  arrived: readonly Arrived[],
): Promise<void> {
  const names = [keys.outbox, keys.counters];
  const args: ScriptArgument[] = [keys.changes];
  for (const { departure, ref } of arrived) {
    names.push(keys.record(departure.ref));
    args.push(departure.id, `${departure.ref} ${departure.route}`, ref);
  }
  await runScript(redis, 'clear-outbox', names, args);
}

function toDeparture(id: string, flat: readonly Buffer[]): Departure {
  const fields = new Map<string, Buffer>();
  for (let at = 0; at + 1 < flat.length; at += 2) fields.set(String(flat[at]), flat[at + 1] as Buffer);
  const bytes = (name: string) => fields.get(name) ?? Buffer.alloc(0);
  const text = (name: string) => bytes(name).toString();
  const of = text('of');
  const space = of.indexOf(' ');
  return {
    id,
    ref: of.slice(0, space),
    route: of.slice(space + 1),
    place: Number(text('place')),
    identity: text('identity'),
    contentHash: text('hash'),
    text: bytes('text'),
  };
}
