/** One point of the series. Rates are per second, over the interval that ends here. */
export interface Point {
  readonly at: Date;
  readonly accepted: number;
  readonly settled: number;
  readonly backlog: number;
  readonly dead: number;
}

/** Between two points, in ms. */
export const INTERVAL_MS = 5_000;
/** A quarter of an hour. */
const MAX_POINTS = 180;

/** The course of the last fifteen minutes, as this process saw it: a ring that forgets its oldest point. */
export class Series {
  readonly #points: Point[] = [];

  add(point: Point): void {
    this.#points.push(point);
    if (this.#points.length > MAX_POINTS) this.#points.shift();
  }

  /** One list per figure, all of one length. */
  toJSON() {
    const points = this.#points;
    return {
      intervalMs: INTERVAL_MS,
      at: points.map(({ at }) => at),
      accepted: points.map(({ accepted }) => accepted),
      settled: points.map(({ settled }) => settled),
      backlog: points.map(({ backlog }) => backlog),
      dead: points.map(({ dead }) => dead),
    };
  }
}
