import { type Exchange, HttpClient, type HttpRequest } from '@millrace/cli';

/** One post of an event, as the sender saw it. */
export interface Post {
  /** When it was sent, by `performance.now()`. */
  readonly at: number;
  readonly tookMs: number;
  readonly kind: Exchange['kind'];
  /** Undefined without an answer; then `why` says what came instead. */
  readonly status: number | undefined;
  readonly why: string | undefined;
}

/** The producer, with a note of every post. */
export class ObservedProducer extends HttpClient {
  readonly posts: Post[] = [];

  override async exchange(request: HttpRequest): Promise<Exchange> {
    const at = performance.now();
    const exchange = await super.exchange(request);
    if (request.method === 'POST') {
      const status = exchange.kind === 'answered' ? exchange.answer.status : undefined;
      const why = exchange.kind === 'answered' ? undefined : exchange.why;
      this.posts.push({ at, tookMs: performance.now() - at, kind: exchange.kind, status, why });
    }
    return exchange;
  }

  /** The time that a share of the 202s took at most, in ms, among posts sent from one moment to another. */
  quantileMs(share: number, from = 0, to = Number.POSITIVE_INFINITY): number | undefined {
    return quantile(
      this.posts.filter(({ at, status }) => at >= from && at < to && status === 202).map(({ tookMs }) => tookMs),
      share,
    );
  }
}

/** Undefined for no values. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
