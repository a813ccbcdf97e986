import { CliError } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import type { ModelAccount } from './history.js';

/** A page of what the scripted model was asked, by what its conversations were about. */
interface Page {
  /** Another one after a restart. */
  readonly run: string;
  readonly uncounted: number;
  readonly subjects: number;
  readonly counts: Readonly<Record<string, readonly number[]>>;
  readonly next?: number;
}

const PAGE = 1_000;

/** Reads what the scripted model was asked since this reader was opened. */
export class ModelReader {
  readonly #client: HttpClient;
  readonly #before: Page;

  private constructor(client: HttpClient, before: Page) {
    this.#client = client;
    this.#before = before;
  }

  /** Notes where the model stands now. Throws CLI_UNREACHABLE where there is none, or one that is not scripted. */
  static async open(client: HttpClient): Promise<ModelReader> {
    return new ModelReader(client, await readPage(client, 0, 1));
  }

  /** The questions about events whose id begins with `prefix`; doubted where the model has forgotten or left out any. */
  async read(prefix: string): Promise<ModelAccount> {
    const { run, uncounted, subjects } = this.#before;
    const questions = new Map<string, number>();
    const doubts = new Set<string>();
    let after: number | undefined = subjects;
    while (after !== undefined) {
      const page: Page = await readPage(this.#client, after, PAGE);
      for (const [id, counts] of Object.entries(page.counts)) {
        if (!id.startsWith(prefix)) continue;
        questions.set(
          id,
          counts.reduce((sum, count) => sum + count, 0),
        );
      }
      if (page.run !== run) doubts.add('the model was started again, and has forgotten what it was asked');
      if (page.uncounted > uncounted)
        doubts.add(`${page.uncounted - uncounted} questions to the model are in no count`);
      after = page.next;
    }
    return { questions, doubts: [...doubts] };
  }
}

async function readPage(client: HttpClient, after: number, limit: number): Promise<Page> {
  const { body } = await client.request({ path: `/witness?after=${after}&limit=${limit}` });
  const { run, uncounted, subjects, counts } = (body ?? {}) as Partial<Page>;
  if (run === undefined || uncounted === undefined || subjects === undefined || counts === undefined)
    throw new CliError('CLI_UNREACHABLE', `${client.baseUrl} answers, and is no scripted model`);
  return body as Page;
}
