import {
  compareEntryIds,
  type EventSummary,
  type FoundEvent,
  newestEvents,
  type Partitions,
  type Stream,
  summarizeEvents,
  type TailPosition,
  tailPosition,
} from '@millrace/stream-client';
import { InTurn, ofEach } from './in-turn.js';

/** Partitions that one look asks for what is new; more are asked in turn. */
const MOST_AT_ONCE = 64;
/** By so much, in ms, the clocks of two partitions may differ. */
const MAX_SKEW_MS = 1_000;

/** What has come in since the last look. */
export interface NewestOfAll {
  /** The oldest first. */
  readonly found: readonly FoundEvent[];
  readonly skipped: number;
  /** The latest entry of any partition. */
  readonly entryId: string;
}

/**
 * How much older than the entry that `NewestOfAll` names, in ms, one may be that was not found by then: in another
 * partition, which is asked in its turn and goes by its own clock. Looks are `everyMs` apart.
 */
export function unseenBehindMs({ all }: Pick<Partitions, 'all'>, everyMs: number): number {
  return all.length === 1 ? 0 : everyMs * Math.ceil(all.length / MOST_AT_ONCE) + MAX_SKEW_MS;
}

/** Follows the ends of all partitions. */
export class Tails {
  readonly #partitions: Pick<Partitions, 'all'>;
  readonly #turns: InTurn<Stream>;
  readonly #positions = new Map<Stream, TailPosition>();

  constructor(partitions: Pick<Partitions, 'all'>) {
    this.#partitions = partitions;
    this.#turns = new InTurn(() => partitions.all, MOST_AT_ONCE);
  }

  /** Begins at the ends as they are now. Throws STREAM_UNAVAILABLE. */
  async begin(): Promise<void> {
    const { all } = this.#partitions;
    const positions = await ofEach(all, tailPosition);
    for (const [at, stream] of all.entries()) this.#positions.set(stream, positions[at] as TailPosition);
  }

  /** What came after the last look, of each partition at most `maxCount`. Throws STREAM_UNAVAILABLE; then look again. */
  async look(maxCount: number): Promise<NewestOfAll> {
    const streams = this.#turns.take();
    const looks = await ofEach(streams, (stream) =>
      newestEvents(stream, this.#positions.get(stream) ?? { entryId: '0-0', seq: 0 }, maxCount),
    );
    for (const [at, stream] of streams.entries()) {
      const look = looks[at];
      if (look !== undefined) this.#positions.set(stream, look.position);
    }
    const ids = [...this.#positions.values()].map(({ entryId }) => entryId).sort(compareEntryIds);
    const found = looks.flatMap((look) => look.found.toReversed());
    return {
      found: looks.length === 1 ? found : found.sort((a, b) => compareEntryIds(entryIn(a), entryIn(b))),
      skipped: looks.reduce((sum, { skipped }) => sum + skipped, 0),
      entryId: ids.at(-1) ?? '0-0',
    };
  }
}

function entryIn({ ref }: FoundEvent): string {
  return ref.slice(ref.indexOf('-') + 1);
}

/** As `summarizeEvents`, for events of any partition. */
export async function summarizeAll(
  partitions: Pick<Partitions, 'ofRef' | 'home'>,
  found: readonly FoundEvent[],
): Promise<(EventSummary | undefined)[]> {
  const byStream = Map.groupBy(found, ({ ref }) => partitions.ofRef(ref) ?? partitions.home);
  const summaries = new Map<FoundEvent, EventSummary | undefined>();
  await ofEach([...byStream], async ([stream, own]) => {
    const known = await summarizeEvents(stream, own);
    for (const [at, event] of own.entries()) summaries.set(event, known[at]);
  });
  return found.map((event) => summaries.get(event));
}
