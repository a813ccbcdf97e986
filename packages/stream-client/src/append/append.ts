import { contentHashOf, type Event, identityOf } from '@millrace/events';
import { encodeEvent } from '../codec.js';
import { StreamError } from '../errors.js';
import { MemoryGuard } from '../redis-server/memory-guard.js';
import type { ScriptArgument } from '../scripts.js';
import type { Stream } from '../stream.js';
import { GroupCommit } from '../writes/group-commit.js';
import { Deadlines, type Wait } from './deadlines.js';

/** What became of an event at the door. */
export type AppendResult =
  | { readonly kind: 'accepted'; readonly ref: string }
  /** The same content is in the stream already, under this ref: the first one. */
  | { readonly kind: 'duplicate'; readonly ref: string }
  /** Other content is in the stream already under the same source and id. Nothing was written. */
  | { readonly kind: 'conflict'; readonly ref: string }
  /** Redis is nearly full, and what is in it needs the rest. Nothing was written. */
  | { readonly kind: 'memory-high' }
  /** The backlog is at its limit. Nothing was written. */
  | { readonly kind: 'backlog-full'; readonly limit: number };

export interface AppenderOptions {
  /** Most entries the backlog may hold before new events are refused. */
  readonly maxBacklog: number;
  /** How long one append may take in all, in ms. Within it, an ambiguous failure is tried again. */
  readonly deadlineMs: number;
  /** Share of Redis' `maxmemory` in use from which on new events are refused. Default 0.8. */
  readonly maxMemoryRatio?: number;
  /** The epoch of the map by which the partition was chosen. Default 1. */
  readonly epoch?: number;
  /** Told how many events shared a round trip. */
  readonly onBatch?: (events: number) => void;
}

export interface Appender {
  /**
   * Appends the event once per identity (`source` + `id`) within the identity lifetime; when it resolves with `accepted`
   * or `duplicate`, the event is as durable as the deployment asked. An append whose answer was lost is repeated under
   * the same identity, so it cannot happen twice. Throws STREAM_UNAVAILABLE or STREAM_NOT_DURABLE at the deadline: the
   * event may or may not be in the stream, or not for good, and the sender may safely send it again. Throws STREAM_OVERLOADED, having written nothing, when too
   * many appends wait; STREAM_MOVED, having written nothing, when the number of partitions was changed. `contentHash` is given by who knows which attributes the sender did not send.
   */
  append(event: Event, contentHash?: string): Promise<AppendResult>;
  /** Resolves once every append under way has its answer. */
  drain(): Promise<void>;
}

const MAX_BATCH_EVENTS = 128;
/** Fewer share the cost of a round trip among too few; with more, Redis idles while the producer reads what was posted, and then the other way round. */
const ENOUGH_EVENTS = 16;
const MAX_BATCH_BYTES = 1024 * 1024;
const MAX_QUEUED_EVENTS = 8_192;
const RETRY_PAUSE_MS = 100;
/** What may be otherwise a moment later. */
const REPEATED: readonly string[] = ['STREAM_UNAVAILABLE', 'STREAM_NOT_DURABLE'];

interface Append {
  readonly identity: string;
  readonly contentHash: string;
  /** Its entry, but for the sequence number. */
  readonly text: string | Buffer;
  /** When it is to be delivered, in ms since the epoch; 0 for now. */
  readonly deliverAtMs: number;
  readonly bytes: number;
}

/** Appends to one partition. */
export function createAppender(stream: Stream, options: AppenderOptions): Appender {
  const appends = new PartitionAppends(stream, options);
  const guard = guardOf(options);
  const deadlines = appendDeadlines(options);
  return {
    append: (event, contentHash = contentHashOf(event)) => {
      if (guard.isHigh(stream)) return Promise.resolve({ kind: 'memory-high' });
      return deadlines.begin((wait) => appends.submit(event, contentHash, wait));
    },
    drain: () => deadlines.drain(),
  };
}

/** Whatever an append waits for, a place in a round trip included, counts against its deadline. */
export function appendDeadlines({ deadlineMs }: Pick<AppenderOptions, 'deadlineMs'>): Deadlines<AppendResult> {
  const late = `append: no answer from Redis within ${deadlineMs} ms`;
  return new Deadlines<AppendResult>(deadlineMs, () => new StreamError('STREAM_UNAVAILABLE', late));
}

/** The appends of one partition, which share round trips. Nobody is given up here: whoever submits has the deadline. */
export class PartitionAppends {
  readonly #commits: GroupCommit<Append, AppendResult | 'moved'>;

  constructor(stream: Stream, options: AppenderOptions) {
    this.#commits = new GroupCommit<Append, AppendResult | 'moved'>({
      commit: (appends) => {
        options.onBatch?.(appends.length);
        return appendMany(stream, options, appends);
      },
      sizeOf: (append) => append.bytes,
      maxBatch: MAX_BATCH_EVENTS,
      maxBatchBytes: MAX_BATCH_BYTES,
      maxQueued: MAX_QUEUED_EVENTS,
      maxInFlight: 2,
      enough: ENOUGH_EVENTS,
    });
  }

  /** Ends the wait with what became of the event, or with what `Appender.append` throws. */
  submit(event: Event, contentHash: string, wait: Wait<AppendResult>): void {
    const append = toAppend(event, contentHash);
    this.#commits.submitFor(append, new Attempt(this.#commits, append, wait));
  }
}

/** Says when Redis is too full for new events. */
export function guardOf({ maxMemoryRatio = 0.8 }: Pick<AppenderOptions, 'maxMemoryRatio'>): MemoryGuard {
  return new MemoryGuard(maxMemoryRatio);
}

/** An append under way: where its answer was lost, it is submitted again while there is time. */
class Attempt {
  constructor(
    private readonly commits: GroupCommit<Append, AppendResult | 'moved'>,
    private readonly append: Append,
    private readonly wait: Wait<AppendResult>,
  ) {}

  resolve(result: AppendResult | 'moved'): void {
    if (result === 'moved') this.wait.reject(movedError());
    else this.wait.resolve(result);
  }

  reject(error: unknown): void {
    const mayRepeat = error instanceof StreamError && REPEATED.includes(error.code);
    if (!mayRepeat || performance.now() + RETRY_PAUSE_MS >= this.wait.giveUpAt) {
      this.wait.reject(error);
      return;
    }
    this.wait.known = error;
    setTimeout(() => {
      if (this.wait.isOpen) this.commits.submitFor(this.append, this);
    }, RETRY_PAUSE_MS);
  }
}

function toAppend(event: Event, contentHash: string): Append {
  const text = encodeEvent(event);
  const bytes = Buffer.byteLength(text);
  return { identity: identityOf(event), contentHash, text, deliverAtMs: deliverAtOf(event), bytes };
}

/** `deliverat` is checked at the door; whatever else stands there does not put the event off. */
function deliverAtOf(event: Event): number {
  const { deliverat } = event.attributes;
  const ms = typeof deliverat === 'string' ? Date.parse(deliverat) : 0;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

async function appendMany(
  { keys, writes, wakesReaders }: Stream,
  { maxBacklog, epoch = 1 }: AppenderOptions,
  appends: readonly Append[],
): Promise<(AppendResult | 'moved')[]> {
  const names = [keys.events, keys.counters, keys.due];
  const wake = wakesReaders ? keys.wake : '';
  const args: ScriptArgument[] = [
    keys.partition,
    maxBacklog,
    keys.record(''),
    wake,
    epoch,
    laterOnes(appends),
    keys.identity(''),
  ];
  args.push(inOneText(appends));
  const reply = (await writes.run('append', names, args)) as string;
  return reply.split('\n').map((line) => toResult(line, maxBacklog));
}

/** As the script takes events: one argument for all costs both sides less than several for each. */
function inOneText(appends: readonly Append[]): string | Buffer {
  const parts: (string | Buffer)[] = [];
  let isText = true;
  for (const { identity, contentHash, text, bytes } of appends) {
    parts.push(`${identity} ${contentHash} ${bytes}\n`, text);
    isText &&= typeof text === 'string';
  }
  if (isText) return parts.join('');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/** Which of them are to be delivered later, as the script is told. */
function laterOnes(appends: readonly Append[]): string {
  let later = '';
  for (const [at, { deliverAtMs }] of appends.entries()) if (deliverAtMs !== 0) later += `${at + 1} ${deliverAtMs} `;
  return later;
}

function movedError(): StreamError {
  return new StreamError('STREAM_MOVED', 'append: the partition was closed to the map by which it was chosen');
}

function toResult(line: string, limit: number): AppendResult | 'moved' {
  if (line === 'moved') return line;
  const space = line.indexOf(' ');
  if (space === -1) return { kind: 'backlog-full', limit };
  return { kind: line.slice(0, space) as 'accepted' | 'duplicate' | 'conflict', ref: line.slice(space + 1) };
}
