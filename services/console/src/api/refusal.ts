/** What the operator answers when it does not do what it was asked: an RFC 9457 problem, or that it did not answer. */
export class Refusal extends Error {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Stable, such as `DEAD_LETTER_NOT_FOUND`; `UNREACHABLE` when no answer came. */
  readonly code: string;
  /** Where in what was sent the mistakes are. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];

  constructor(status: number, code: string, message: string, errors: Refusal['errors'] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** Reads the problem in an answer that is not a success. */
export async function toRefusal(response: Response): Promise<Refusal> {
  const text = await response.text();
  let problem: { code?: string; detail?: string; title?: string; errors?: Refusal['errors'] } = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // A proxy in between answers with a page of its own: its status is what there is to tell.
  }
  const message = problem.detail ?? problem.title ?? `the operator answered ${response.status}`;
  return new Refusal(response.status, problem.code ?? `HTTP_${response.status}`, message, problem.errors);
}

/** What somebody can do about a refusal, in one sentence; undefined where its own words say it. */
export function mendFor({ status, code }: Refusal): string | undefined {
  if (code === 'UNREACHABLE') return 'Is the operator running, and can this browser reach it? The page goes on asking.';
  if (status === 503) return 'Look at Redis: is it up, and is its disk or memory full? The page goes on asking.';
  if (status === 403) return 'This key may look and not change anything. Ask for one with the role operator.';
  if (code === 'ORIGIN_FOREIGN') return 'Open the console by the address of this machine.';
  return undefined;
}
