import { CliError, type CliErrorCode } from './errors.js';

/** What a service answered. `body` is the parsed JSON, or the text where it is none. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  /** JSON text. */
  readonly json?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest wait for the whole answer, in ms. Default ten seconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * What became of a request. `lost`: it may have been carried out, and no answer came. `unsent`: nobody listens there,
 * so it was certainly not.
 */
export type Exchange =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  | { readonly kind: 'lost' | 'unsent'; readonly why: string };

const TIMEOUT_MS = 10_000;
const INTERRUPTED = 'it was interrupted';
/** Larger answers than this, in bytes, are not read to their end. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Connection failures that come before a byte was sent. */
const UNSENT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** One of the services, at its base URL, with the key that it asks for. */
export class HttpClient {
  readonly #key: string | undefined;
  readonly #mend: string;

  /** `mend` is told to who finds nobody there. */
  constructor(
    readonly baseUrl: string,
    key?: string,
    mend = '',
  ) {
    this.#key = key;
    this.#mend = mend;
  }

  /** Sends a request and resolves with what became of it, whatever that is. */
  async exchange(request: HttpRequest): Promise<Exchange> {
    const { method = 'GET', path, json, headers = {}, timeoutMs = TIMEOUT_MS, signal } = request;
    if (signal?.aborted) return { kind: 'unsent', why: INTERRUPTED };
    const limit = AbortSignal.timeout(timeoutMs);
    const options: RequestInit = {
      method,
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        ...headers,
      },
      redirect: 'error',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      ...(json === undefined ? {} : { body: json }),
    };
    try {
      const response = await fetch(new URL(path, this.baseUrl), options);
      const text = await readText(response);
      return { kind: 'answered', answer: { status: response.status, text, body: parseJson(text) } };
    } catch (error) {
      if (signal?.aborted) return { kind: 'lost', why: INTERRUPTED };
      const why = limit.aborted ? `no answer within ${timeoutMs} ms` : whyOf(error);
      return { kind: isUnsent(error) ? 'unsent' : 'lost', why };
    }
  }

  /**
   * The body of a GET whose answer goes on, as it comes. Ends with it, or quietly when the signal aborts. Throws
   * `CliError` as `request` does, and CLI_UNREACHABLE when the connection breaks.
   */
  async *readStream(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const authorization = this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` };
    try {
      const options: RequestInit = { headers: { ...authorization, ...headers }, redirect: 'error', signal };
      const response = await fetch(new URL(path, this.baseUrl), options);
      if (response.status !== 200) {
        const text = await readText(response);
        const refusal = describeRefusal({ status: response.status, text, body: parseJson(text) });
        throw new CliError(response.status < 500 ? 'CLI_REFUSED' : 'CLI_UNREACHABLE', `${this.baseUrl} ${refusal}`);
      }
      for await (const chunk of response.body ?? []) yield chunk;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CliError) throw error;
      throw this.#unanswered(whyOf(error), isUnsent(error));
    }
  }

  /**
   * Sends a request that has to be answered 2xx. Throws `CliError`: CLI_REFUSED for a 4xx, with what the service said;
   * CLI_UNREACHABLE when nobody answers and nothing can have happened; CLI_UNKNOWN when it may have.
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const exchange = await this.exchange(request);
    if (exchange.kind !== 'answered') {
      const isUnsent = exchange.kind === 'unsent';
      const isHarmless = isUnsent || (request.method ?? 'GET') === 'GET';
      throw this.#unanswered(exchange.why, isUnsent, isHarmless ? 'CLI_UNREACHABLE' : 'CLI_UNKNOWN');
    }
    const { answer } = exchange;
    if (answer.status >= 200 && answer.status < 300) return answer;
    const code = answer.status < 500 ? 'CLI_REFUSED' : 'CLI_UNKNOWN';
    throw new CliError(code, `${this.baseUrl} ${describeRefusal(answer)}`, {
      details: { status: answer.status, problem: answer.body },
    });
  }

  #unanswered(why: string, isUnsent: boolean, code: CliErrorCode = 'CLI_UNREACHABLE'): CliError {
    const mend = isUnsent && why !== INTERRUPTED && this.#mend !== '' ? `; ${this.#mend}` : '';
    return new CliError(code, `${this.baseUrl} does not answer: ${why}${mend}`);
  }
}

function describeRefusal({ status, body }: HttpAnswer): string {
  const problem = body !== null && typeof body === 'object' ? (body as Readonly<Record<string, unknown>>) : {};
  const said = [problem.code, problem.detail ?? problem.title].filter((part) => typeof part === 'string').join(': ');
  const items = Array.isArray(problem.errors) ? problem.errors.map(describeItem) : [];
  const more = items.filter((item) => !said.includes(item)).map((item) => `\n  ${item}`);
  return `answered ${status}${said && ` ${said}`}${more.join('')}`;
}

/** `/data/orderId is required` */
function describeItem(item: unknown): string {
  const { pointer, detail } = Object(item) as { readonly pointer?: unknown; readonly detail?: unknown };
  if (typeof detail !== 'string') return JSON.stringify(item);
  return `${typeof pointer === 'string' && pointer !== '' ? pointer : 'the body'} ${detail}`;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An answer that is no JSON is an answer too; whoever needs JSON says so.
    return text;
  }
}

function isUnsent(error: unknown): boolean {
  return UNSENT_CODES.has(causeOf(error)?.code ?? '');
}

function whyOf(error: unknown): string {
  return causeOf(error)?.message || String((error as Error | undefined)?.message ?? error);
}

/** `fetch` wraps what went wrong below it. */
function causeOf(error: unknown): NodeJS.ErrnoException | undefined {
  const hasCause = error !== null && typeof error === 'object' && 'cause' in error;
  return hasCause ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
}
