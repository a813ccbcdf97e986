import { Histogram, type HistogramConfiguration, type LabelValues, type Registry } from 'prom-client';
import { bindHistogram } from './bound-series.js';

/** The trace that something belongs to, as W3C Trace Context has it in `traceparent`. */
export interface InTrace {
  readonly traceparent: string;
}

/** A histogram whose buckets name the trace of the latest value that fell into each, where that trace is kept. */
export interface TracedHistogram<Label extends string> extends Omit<Histogram<Label>, 'observe' | 'startTimer'> {
  observe(labels: LabelValues<Label>, value: number, trace?: InTrace): void;
}

/**
 * A histogram with exemplars, `trace_id` and `span_id`; OpenMetrics shows them, the older format has no place for them.
 * A value without a trace, or of one that is not sampled, leaves none, since nobody could look it up.
 */
export function createTracedHistogram<Label extends string>(
  registry: Registry,
  configuration: Omit<HistogramConfiguration<Label>, 'registers' | 'enableExemplars'>,
): TracedHistogram<Label> {
  // The constructor refuses exemplars for a registry that writes the older format; that registry leaves them out by itself.
  const histogram = new Histogram<Label>({ ...configuration, enableExemplars: true, registers: [] });
  registry.registerMetric(histogram);
  const names = configuration.labelNames ?? [];
  const observeOne = histogram.observe.bind(histogram);
  const series = new Map<string, (value: number) => void>();
  const seriesOf = (labels: LabelValues<Label>) => {
    let key = '';
    for (const name of names) key += `${labels[name]}\n`;
    const known = series.get(key);
    if (known !== undefined) return known;
    const made = bindHistogram(histogram, labels);
    series.set(key, made);
    return made;
  };
  const observe: TracedHistogram<Label>['observe'] = (labels, value, trace) => {
    const found = trace === undefined ? undefined : exemplarOf(trace);
    if (found === undefined) seriesOf(labels)(value);
    // Its types take the labels of an exemplar for those of the histogram.
    else observeOne({ labels, value, exemplarLabels: found as LabelValues<Label> });
  };
  return Object.assign(histogram, { observe });
}

/** Undefined for a trace that is not sampled, and for what is none. */
function exemplarOf({ traceparent }: InTrace): Record<string, string> | undefined {
  const [, trace_id, span_id, flags = ''] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? [];
  if (trace_id === undefined || span_id === undefined || (Number.parseInt(flags, 16) & 1) === 0) return undefined;
  return { trace_id, span_id };
}
