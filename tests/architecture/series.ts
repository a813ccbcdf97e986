import { createMetrics, createRegistry } from '@millrace/runtime';
import { parse } from 'yaml';
import { readText } from './repository.js';

/** A rule of Prometheus, of either kind. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The rules of a file below infra/prometheus. */
export function readRules(file: string): readonly Rule[] {
  const { groups } = parse(readText(`infra/prometheus/${file}`)) as { groups: readonly { rules: readonly Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** Every metric that a process may show, and the names of its series. */
export async function listMetrics() {
  const registry = createRegistry();
  createMetrics(registry);
  return (await registry.getMetricsAsJSON()).map(({ name, type }) => ({
    name,
    series: String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  }));
}

/** What a query may ask for: the metrics, what Prometheus records of them, and what it says of itself. */
export async function listSeries(): Promise<ReadonlySet<string>> {
  const recorded = readRules('recording.yml').map(({ record = '' }) => record);
  return new Set(['up', 'ALERTS', ...recorded, ...(await listMetrics()).flatMap(({ series }) => series)]);
}

/** The names in a PromQL expression that are neither functions, labels nor words of the language. */
export function seriesIn(expr: string): readonly string[] {
  const bare = expr
    .replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const words = bare.match(/[A-Za-z_:][\w:]*(?!\s*\(|[\w:])/g) ?? [];
  return words.filter((word) => !['and', 'or', 'unless', 'bool', 'offset'].includes(word));
}
