import type { HttpClient } from '../http-client.js';
import type { SystemRecord } from './history.js';

const PARALLEL = 16;

interface RecordBody {
  readonly state: string;
  readonly acceptedAt: string;
  readonly finishedAt?: string;
  readonly routes: readonly {
    readonly state: string;
    readonly starts: number;
    readonly reason?: string;
    readonly result?: unknown;
  }[];
}

const FINAL = new Set(['done', 'dead', 'expired']);

/** Reads the records of events until each has come to its end, and remembers them. */
export class RecordReader {
  readonly #producer: HttpClient;
  readonly #records = new Map<string, SystemRecord>();
  #firstAcceptedAt = Number.POSITIVE_INFINITY;

  constructor(producer: HttpClient) {
    this.#producer = producer;
  }

  /** Records by event id, as they were last seen. */
  get records(): ReadonlyMap<string, SystemRecord> {
    return this.#records;
  }

  /** When the first of the events was accepted, by the system's clock, in ms since 1970. */
  get firstAcceptedAt(): number {
    return this.#firstAcceptedAt;
  }

  /**
   * Asks once for every event that was not seen finished, by its ref, and resolves with how many still are not. An
   * answer that is lost is asked for the next time. What has no record (404) counts as finished, and stays without.
   */
  async refresh(refs: ReadonlyMap<string, string>): Promise<number> {
    const open = [...refs].filter(([id]) => !this.#isFinished(id));
    let unfinished = 0;
    let next = 0;
    const work = async () => {
      for (let at = next++; at < open.length; at = next++) {
        const [id, ref] = open[at] ?? ['', ''];
        const exchange = await this.#producer.exchange({ path: `/v1/events/${encodeURIComponent(ref)}` });
        const isGone = exchange.kind === 'answered' && exchange.answer.status === 404;
        if (exchange.kind === 'answered' && exchange.answer.status === 200) {
          this.#note(id, exchange.answer.body as RecordBody);
        }
        if (!isGone && !this.#isFinished(id)) unfinished += 1;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    return unfinished;
  }

  #isFinished(id: string): boolean {
    const record = this.#records.get(id);
    return record !== undefined && FINAL.has(record.state);
  }

  #note(id: string, { state, acceptedAt, finishedAt, routes }: RecordBody): void {
    const accepted = Date.parse(acceptedAt);
    this.#firstAcceptedAt = Math.min(this.#firstAcceptedAt, accepted);
    this.#records.set(id, {
      state,
      tookMs: finishedAt === undefined ? undefined : Date.parse(finishedAt) - accepted,
      deliveries: routes.map(({ state, starts, reason, result }) => ({ state, starts, reason, ...answersIn(result) })),
    });
  }
}

/** How many answers of a model a result counts, where it is that of an agent. */
function answersIn(result: unknown): { readonly answers?: number } {
  const { spent } = (result ?? {}) as { readonly spent?: { readonly steps?: unknown } };
  return typeof spent?.steps === 'number' ? { answers: spent.steps } : {};
}
