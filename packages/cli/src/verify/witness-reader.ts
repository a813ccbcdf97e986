import { CliError } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import type { WitnessAccount, WitnessTally } from './history.js';

interface Summary {
  readonly cloud: string;
  readonly lastN: number;
  readonly events: number;
  readonly uncounted: number;
}

interface Entry {
  readonly n: number;
  readonly eventId: string;
  readonly tool: string;
  readonly stopped?: string;
}

interface Counts {
  readonly counts: Readonly<
    Record<string, { readonly tools: Readonly<Record<string, { requests: number; stopped: number; effects: number }>> }>
  >;
  readonly next?: number;
}

/** A tally that still grows. */
type Tally = { -readonly [Name in keyof WitnessTally]: WitnessTally[Name] };

const PAGE = 1_000;

/**
 * Reads what one witness saw since this reader was opened. It counts the witness's entries itself, one by one, and holds
 * the result against the witness's own counts; where entries are missing or the two differ, the account says so.
 */
export class WitnessReader {
  readonly #client: HttpClient;
  readonly #before: Summary;

  private constructor(client: HttpClient, before: Summary) {
    this.#client = client;
    this.#before = before;
  }

  /** Notes where the witness stands now. Throws CLI_UNREACHABLE where there is none. */
  static async open(client: HttpClient): Promise<WitnessReader> {
    return new WitnessReader(client, await readSummary(client));
  }

  get cloud(): string {
    return this.#before.cloud;
  }

  get client(): HttpClient {
    return this.#client;
  }

  /** The account of all events whose id begins with `prefix`. */
  async read(prefix: string): Promise<WitnessAccount> {
    const now = await readSummary(this.#client);
    const numbers = new Set<number>();
    const tallies = new Map<string, Tally>();
    const tallyOf = ({ eventId, tool }: Entry) => {
      const key = keyOf(eventId, tool);
      const tally: Tally = tallies.get(key) ?? { eventId, tool, reached: 0, effects: 0 };
      tallies.set(key, tally);
      return tally;
    };
    for await (const entry of this.#entries('requests', now.lastN)) {
      numbers.add(entry.n);
      if (entry.eventId.startsWith(prefix) && entry.stopped === undefined) tallyOf(entry).reached += 1;
    }
    for await (const entry of this.#entries('effects', now.lastN)) {
      numbers.add(entry.n);
      if (!entry.eventId.startsWith(prefix)) continue;
      const tally = tallyOf(entry);
      tally.effects += 1;
      tally.firstEffect = Math.min(tally.firstEffect ?? entry.n, entry.n);
    }
    const counted = await this.#readCounts(prefix);
    const doubts = [
      ...findGaps(numbers, this.#before.lastN, now.lastN),
      ...(now.uncounted > this.#before.uncounted
        ? [`${now.uncounted} entries are of events that it did not count`]
        : []),
      ...findDifferences(tallies, counted),
    ];
    return { cloud: this.cloud, tallies: [...tallies.values()], doubts };
  }

  async *#entries(kind: 'requests' | 'effects', lastN: number): AsyncGenerator<Entry> {
    let after: number | undefined = this.#before.lastN;
    while (after !== undefined && after < lastN) {
      const path = `/witness/${kind}?after=${after}&limit=${PAGE}`;
      const { body } = await this.#client.request({ path });
      const page = body as { readonly items: readonly Entry[]; readonly next?: number };
      for (const entry of page.items) if (entry.n <= lastN) yield entry;
      after = page.next;
    }
  }

  async #readCounts(prefix: string): Promise<ReadonlyMap<string, WitnessTally>> {
    const found = new Map<string, WitnessTally>();
    let after: number | undefined = this.#before.events;
    while (after !== undefined) {
      const { body } = await this.#client.request({ path: `/witness/counts?after=${after}&limit=${PAGE}` });
      const page = body as Counts;
      for (const [eventId, { tools }] of Object.entries(page.counts)) {
        if (!eventId.startsWith(prefix)) continue;
        for (const [tool, { requests, stopped, effects }] of Object.entries(tools)) {
          const reached = requests - stopped;
          if (reached + effects > 0) found.set(keyOf(eventId, tool), { eventId, tool, reached, effects });
        }
      }
      after = page.next;
    }
    return found;
  }
}

async function readSummary(client: HttpClient): Promise<Summary> {
  const { body } = await client.request({ path: '/witness' });
  const { cloud, lastN, events, uncounted } = (body ?? {}) as Partial<Summary>;
  if (cloud === undefined || lastN === undefined || events === undefined || uncounted === undefined) {
    throw new CliError('CLI_UNREACHABLE', `${client.baseUrl} answers, and is no witness`);
  }
  return { cloud, lastN, events, uncounted };
}

function findGaps(numbers: ReadonlySet<number>, before: number, last: number): readonly string[] {
  const missing = last - before - numbers.size;
  if (missing === 0) return [];
  let first = before + 1;
  while (numbers.has(first)) first += 1;
  return [`${missing} of its entries are missing, the first is number ${first}`];
}

function findDifferences(
  tallies: ReadonlyMap<string, WitnessTally>,
  counted: ReadonlyMap<string, WitnessTally>,
): readonly string[] {
  const differs = [...new Set([...tallies.keys(), ...counted.keys()])].filter((key) => {
    const [one, other] = [tallies.get(key), counted.get(key)];
    return one?.reached !== other?.reached || one?.effects !== other?.effects;
  });
  return differs.length === 0 ? [] : [`its entries and its counts differ for ${differs.length} events: ${differs[0]}`];
}

function keyOf(eventId: string, tool: string): string {
  return `${eventId} ${tool}`;
}
