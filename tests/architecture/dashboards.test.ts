import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createMetrics, createRegistry } from '@millrace/runtime';
import { parse } from 'yaml';

const infra = join(import.meta.dirname, '../../infra');
const dashboards = join(infra, 'grafana/dashboards');

interface Target {
  readonly expr: string;
  readonly datasource: { readonly uid: string };
}

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly Target[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
}

const metrics = await listMetrics();
/** What they look like in a query; `up` is Prometheus' own. */
const known = new Set(['up', ...metrics.flatMap(({ series }) => series)]);

describe.each(readdirSync(dashboards))('the dashboard %s', (file) => {
  const text = readFileSync(join(dashboards, file), 'utf8');
  const dashboard = JSON.parse(text) as Dashboard;
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  const targets = panels.flatMap((panel) => panel.targets ?? []);

  it('asks for series that exist, in every panel', () => {
    expect(panels.filter((panel) => (panel.targets ?? []).length === 0)).toEqual([]);
    expect(targets.flatMap(({ expr }) => seriesIn(expr)).filter((name) => !known.has(name))).toEqual([]);
  });

  it('names the provisioned data source, which provisioning does not look up', () => {
    const provisioned = readFileSync(join(infra, 'grafana/provisioning/datasources/prometheus.yml'), 'utf8');
    expect(provisioned).toMatch(/^ +- uid: prometheus$/m);
    expect(new Set(targets.map(({ datasource }) => datasource.uid))).toEqual(new Set(['prometheus']));
    expect(text).not.toMatch(/__inputs|\$\{DS_/);
  });
});

describe('the alert rules', () => {
  const text = readFileSync(join(infra, 'prometheus/alerts.yml'), 'utf8');
  const { groups } = parse(text) as { groups: readonly { rules: readonly Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);

  it.each(rules)('$alert asks for series that exist', ({ expr }) => {
    expect(seriesIn(expr)).not.toEqual([]);
    expect(seriesIn(expr).filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(rules)('$alert says how bad, what and why', ({ labels, annotations }) => {
    expect(['page', 'ticket']).toContain(labels.severity);
    expect(annotations).toEqual({ summary: expect.any(String), description: expect.any(String) });
  });
});

describe('every metric of the catalogue', () => {
  it('is on a dashboard', () => {
    const shown = readdirSync(dashboards).map((file) => readFileSync(join(dashboards, file), 'utf8'));
    const own = metrics.map(({ name }) => name).filter((name) => name.startsWith('millrace_'));
    expect(own.filter((name) => !shown.some((text) => text.includes(name)))).toEqual([]);
  });
});

async function listMetrics() {
  const registry = createRegistry();
  createMetrics(registry);
  return (await registry.getMetricsAsJSON()).map(({ name, type }) => ({
    name,
    series: String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  }));
}

/** The names in a PromQL expression that are neither functions, labels nor words of the language. */
function seriesIn(expr: string): readonly string[] {
  const bare = expr
    .replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const words = bare.match(/[A-Za-z_:][\w:]*(?!\s*\(|[\w:])/g) ?? [];
  return words.filter((word) => !['and', 'or', 'unless', 'bool', 'offset'].includes(word));
}
