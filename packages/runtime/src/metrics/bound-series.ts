import type { Counter, Histogram, LabelValues } from 'prom-client';

/**
 * One series of a counter, for whoever counts by the ten thousand a second: its labels are checked, and it is found by
 * them, once instead of each time. As with the counter itself, there is no series before something was counted.
 */
export function bindCounter<Label extends string>(
  counter: Counter<Label>,
  labels: LabelValues<Label>,
): (by?: number) => void {
  let series: { value: number } | undefined;
  return (by = 1) => {
    if (series !== undefined) series.value += by;
    else {
      counter.inc(labels, by);
      series = findSeries(counter, labels);
    }
  };
}

/** One series of a histogram, likewise. Exemplars of that series stay as they are. */
export function bindHistogram<Label extends string>(
  histogram: Pick<Histogram<Label>, 'labels'>,
  labels: LabelValues<Label>,
): (value: number) => void {
  const bounds = Reflect.get(histogram, 'upperBounds') as readonly number[];
  let series: HistogramSeries | undefined;
  return (value) => {
    if (series === undefined || !Number.isFinite(value)) {
      histogram.labels(labels).observe(value);
      series ??= findSeries(histogram, labels);
      return;
    }
    series.sum += value;
    series.count += 1;
    for (const bound of bounds) {
      if (value > bound) continue;
      series.bucketValues[bound] = (series.bucketValues[bound] ?? 0) + 1;
      return;
    }
  };
}

/** A series as prom-client 15 keeps it; its buckets are added up when it is shown. */
interface HistogramSeries {
  sum: number;
  count: number;
  readonly bucketValues: Record<number, number>;
}

/** Undefined would be another prom-client than ours: then all goes its usual way. */
function findSeries<Series>(metric: object, labels: Readonly<Record<string, unknown>>): Series | undefined {
  const names = Reflect.get(metric, 'labelNames') as readonly string[];
  const all = Object.values(Reflect.get(metric, 'hashMap') as Record<string, { readonly labels: typeof labels }>);
  return all.find((series) => names.every((name) => series.labels[name] === labels[name])) as Series | undefined;
}
