import type { MetricObjectWithValues, MetricValue, MetricValueWithName, Registry } from 'prom-client';

/** The format that has a place for exemplars. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Prometheus asks for it since 2.5, and puts it first. */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  return accept?.includes('application/openmetrics-text') ?? false;
}

/**
 * Everything in a registry as OpenMetrics 1.0 text, exemplars included. The registry's own writer would rename its counters
 * for good, and take `_total` from the older format with it.
 */
export async function toOpenMetrics(registry: Registry): Promise<string> {
  const families = await registry.getMetricsAsJSON();
  return `${families.map(writeFamily).join('')}# EOF\n`;
}

type Family = MetricObjectWithValues<MetricValue<string>>;

interface Exemplar {
  readonly labelSet: Readonly<Record<string, string>>;
  readonly value: number;
  /** In seconds. */
  readonly timestamp: number;
}

type Sample = MetricValueWithName<string> & { readonly exemplar?: Exemplar | null };

function writeFamily({ name, help, type, values }: Family): string {
  // A counter's family is called without what its samples end in.
  const family = String(type) === 'counter' ? name.replace(/_total$/, '') : name;
  const samples = values.map((sample) => writeSample(name, sample as Sample));
  return `# HELP ${family} ${escapeText(help)}\n# TYPE ${family} ${type}\n${samples.join('')}`;
}

function writeSample(name: string, { metricName = name, labels, value, exemplar }: Sample): string {
  const sample = `${metricName}${writeLabels(labels)} ${writeNumber(value)}`;
  if (exemplar == null) return `${sample}\n`;
  const { labelSet, value: exact, timestamp } = exemplar;
  return `${sample} # ${writeLabels(labelSet) || '{}'} ${writeNumber(exact)} ${timestamp}\n`;
}

function writeLabels(labels: Readonly<Partial<Record<string, string | number>>>): string {
  let pairs = '';
  // Thousands of samples in one go, while events wait: no list is made of each.
  for (const name in labels) pairs += `${pairs === '' ? '' : ','}${name}="${escapeText(String(labels[name]))}"`;
  return pairs === '' ? '' : `{${pairs}}`;
}

function writeNumber(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

const TO_ESCAPE = /[\\\n"]/;

function escapeText(text: string): string {
  if (!TO_ESCAPE.test(text)) return text;
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}
