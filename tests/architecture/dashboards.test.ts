import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { listMetrics, listSeries, seriesIn } from './series.js';

const metrics = await listMetrics();
const known = await listSeries();
const infra = join(import.meta.dirname, '../../infra');
const dashboards = join(infra, 'grafana/dashboards');

interface Target {
  readonly expr: string;
  readonly datasource: { readonly uid: string };
}

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly fieldConfig: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition: string }[] };
}

describe('the folder of dashboards', () => {
  it('is what the boards say: `node infra/grafana/write-dashboards.mjs` writes it anew', async () => {
    const { dashboards: made } = (await import(join(infra, 'grafana/boards/dashboards.mjs'))) as {
      dashboards: Readonly<Record<string, unknown>>;
    };
    const files = readdirSync(dashboards);
    const kept = files.map((file) => [file, JSON.parse(readFileSync(join(dashboards, file), 'utf8'))] as const);
    expect(Object.fromEntries(kept)).toEqual(JSON.parse(JSON.stringify(made)));
  });
});

describe.each(readdirSync(dashboards))('the dashboard %s', (file) => {
  const text = readFileSync(join(dashboards, file), 'utf8');
  const dashboard = JSON.parse(text) as Dashboard;
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  const targets = panels.flatMap((panel) => panel.targets ?? []);

  it('asks for series that exist, in every panel', () => {
    expect(panels.filter((panel) => (panel.targets ?? []).length === 0)).toEqual([]);
    expect(targets.flatMap(({ expr }) => seriesIn(expr)).filter((name) => !known.has(name))).toEqual([]);
  });

  it('says of every panel what it shows, and in which unit', () => {
    const silent = panels.filter(({ description, fieldConfig }) => !description || !fieldConfig.defaults.unit);
    expect(silent.map(({ title }) => title)).toEqual([]);
  });

  it('knows every variable that its queries use, and fills each from a series that exists', () => {
    const variables = dashboard.templating.list;
    const used = targets.flatMap(({ expr }) => Array.from(expr.matchAll(/\$(?!__)(\w+)/g), ([, name]) => name));
    expect(new Set(used)).toEqual(new Set(variables.map(({ name }) => name)));
    const sources = variables.map(({ definition }) => /^label_values\((\w+)/.exec(definition)?.[1] ?? definition);
    expect(sources.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names the provisioned data source, which provisioning does not look up', () => {
    const provisioned = readFileSync(join(infra, 'grafana/provisioning/datasources/prometheus.yml'), 'utf8');
    expect(provisioned).toMatch(/^ +- uid: prometheus$/m);
    expect(new Set(targets.map(({ datasource }) => datasource.uid))).toEqual(new Set(['prometheus']));
    expect(text).not.toMatch(/__inputs|\$\{DS_/);
  });
});

describe('every metric of the catalogue', () => {
  it('is on a dashboard', () => {
    const shown = readdirSync(dashboards).map((file) => readFileSync(join(dashboards, file), 'utf8'));
    const own = metrics.map(({ name }) => name).filter((name) => name.startsWith('millrace_'));
    expect(own.filter((name) => !shown.some((text) => text.includes(name)))).toEqual([]);
  });
});
