import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listNames, readText, root } from './repository.js';

const run = promisify(execFile);
const tsc = join(root, 'node_modules/.bin/tsc');

/** Enums by the words that JSON has for them, and nothing that a file need not say. */
const HEAD = `import type { Dashboard, GraphFieldConfig, Panel, RowPanel } from '@grafana/schema';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as GraphOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
type Plain<T> = T extends string ? \`\${T}\` : T extends number | boolean | null | undefined ? T : { [K in keyof T]: Plain<T[K]> };
type Some<T> = T extends object ? { [K in keyof T]?: Some<T[K]> } : T;
`;
const TYPES: Readonly<Record<string, readonly [options: string, custom: string]>> = {
  timeseries: ['GraphOptions', 'GraphFieldConfig'],
  stat: ['StatOptions', 'object'],
};

interface PanelFile {
  readonly type: string;
  readonly options?: unknown;
  readonly fieldConfig?: { readonly defaults: { readonly custom?: unknown } };
}

interface DashboardFile {
  readonly panels: readonly PanelFile[];
  readonly templating: { readonly list: readonly (object & { readonly definition?: unknown })[] };
}

let dir: string;

beforeAll(async () => {
  // Below the tests, where the types are found.
  dir = await mkdtemp(join(import.meta.dirname, '../node_modules/.grafana-types-'));
});

afterAll(() => rm(dir, { recursive: true }));

/** The files as TypeScript, each value beside the type that it must have. */
function toTypeScript(files: readonly DashboardFile[]): string {
  const values = files.flatMap(({ panels, templating, ...rest }) => {
    // Grafana writes `definition` beside a query, and its types do not know it.
    const list = templating.list.map((variable) => {
      const { definition: _, ...known } = variable;
      return known;
    });
    const whole = { ...rest, templating: { list } };
    return [[`Omit<Plain<Dashboard>, 'panels'>`, whole] as const, ...panels.flatMap(valuesOf)];
  });
  return HEAD + values.map(([type, value], n) => `export const v${n}: ${type} = ${JSON.stringify(value)};`).join('\n');
}

function valuesOf(panel: PanelFile): readonly (readonly [type: string, value: unknown])[] {
  if (panel.type === 'row') return [['Some<Plain<RowPanel>>', panel]];
  const [options, custom] = TYPES[panel.type] ?? ['never', 'never'];
  return [
    ['Plain<Panel>', panel],
    [`Some<Plain<${options}>>`, panel.options],
    [`Some<Plain<${custom}>>`, panel.fieldConfig?.defaults.custom ?? {}],
  ];
}

/** What the compiler has against them; empty: nothing. */
async function findFaults(files: readonly DashboardFile[]): Promise<string> {
  const file = join(dir, 'dashboards.ts');
  await writeFile(file, toTypeScript(files));
  const options = ['--strict', '--noEmit', '--skipLibCheck', '--ignoreConfig', '--types', '', '--target', 'es2023'];
  const module = ['--module', 'esnext', '--moduleResolution', 'bundler'];
  const done = await run(tsc, [...options, ...module, file], { cwd: dir, timeout: 60_000 }).catch(
    (error: { readonly stdout: string }) => error,
  );
  return done.stdout;
}

describe('the dashboards', () => {
  const files = listNames('infra/grafana/dashboards').map(
    (name) => JSON.parse(readText(`infra/grafana/dashboards/${name}`)) as DashboardFile,
  );

  it('are what Grafana has types for, in the release that docker-compose.yml names', async () => {
    const [, release] = /grafana\/grafana:([\d.]+)/.exec(readText('docker-compose.yml')) ?? [];
    expect(readText('pnpm-workspace.yaml')).toContain(`"@grafana/schema": ${release} `);
    expect(await findFaults(files)).toBe('');
  });

  it('would be found out if an option of a panel were misspelt', async () => {
    const [first] = files;
    const panels = (first?.panels ?? []).map((panel) =>
      panel.type === 'timeseries' ? { ...panel, options: { legend: { displayMode: 'lists' } } } : panel,
    );
    const broken = { ...first, panels } as DashboardFile;
    expect(await findFaults([broken])).toContain('"lists"');
  });
});
