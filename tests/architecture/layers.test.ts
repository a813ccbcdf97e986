import { describe, expect, it } from '@jest/globals';
import { listNames, readText } from './repository.js';
import { listImports, type SourceImport, workspaceOf } from './source-imports.js';

/** From the bottom up. What is on one line does not know of each other. */
const LAYERS = [
  ['core', 'handlers', 'tracing'],
  ['events', 'runtime', 'config-files'],
  ['stream-client', 'routing', 'mcp-client'],
  ['ledger', 'cli', 'agent'],
];
/** For tests only: may use the bottom, and no source may use it. */
const FOR_TESTS = 'testing';
/** The simulation runs the consumer's own code, and reaches it through this one file. */
const SIMULATED = 'bench/simulate/consumer-code.ts';

const imports = listImports('packages', 'services', 'examples', 'bench', 'tests');
const ofSources = imports.filter(({ file, from }) => file.startsWith(`${from}/src/`));
const packages = listNames('packages');

describe('the layers', () => {
  it('have a place for every package', () => {
    expect([...LAYERS.flat(), FOR_TESTS].sort()).toEqual(packages);
  });

  it('are imported downwards only: core, then events, runtime and config files, then the clients, then the ledger, the agent and the command line, then the services', () => {
    expect(ofSources.filter(({ from, target }) => !isDownwards(from, target)).map(describeImport)).toEqual([]);
  });

  it('are seen by this test', () => {
    const pairs = new Set(ofSources.map(({ from, target }) => `${from} ${target}`));
    expect(pairs).toContain('packages/stream-client @millrace/events');
    expect(pairs).toContain('services/consumer @millrace/routing');
  });
});

describe('an import', () => {
  it('names a package, never a path inside it or out of the own one', () => {
    const others = imports.filter(({ file }) => file !== SIMULATED);
    const paths = others.filter(({ from, target }) => isPathIntoPackage(from, target) || isDeepName(target));
    expect(paths.map(describeImport)).toEqual([]);
  });

  it('never leads to a service', () => {
    const names = listNames('services').map((name) => `@millrace/${name}`);
    expect(imports.filter(({ target }) => names.includes(target)).map(describeImport)).toEqual([]);
  });

  it('of a source is among the dependencies that its package has in production', () => {
    const undeclared = ofSources.filter(({ from, target }) => {
      const isOutside = target.startsWith('node:') || target.startsWith(from);
      return !isOutside && !dependenciesOf(from).includes(packageOf(target));
    });
    expect(undeclared.map(describeImport)).toEqual([]);
  });
});

describe('a package', () => {
  it.each(packages)('%s has no file that imports, for its types or otherwise, what leads back to it', (name) => {
    const own = ofSources.filter(({ from }) => from === `packages/${name}`);
    const targetsOf = (file: string) => own.filter((one) => one.file === file).map(({ target }) => toSource(target));
    expect(findCircle([...new Set(own.map(({ file }) => file))], targetsOf)).toBeUndefined();
  });

  it('that has such files is found', () => {
    const targets: Record<string, readonly string[]> = { a: ['b'], b: ['c', 'd'], c: [], d: ['b'] };
    expect(findCircle(['a', 'c'], (file) => targets[file] ?? [])).toEqual(['b', 'd', 'b']);
  });
});

describe('index.ts', () => {
  it.each(packages)('of %s lists its exports one by one, and holds nothing else', (name) => {
    const text = readText(`packages/${name}/src/index.ts`);
    const rest = text.replace(/^export (?:type )?\{[^}]+\} from '\.\/[a-z-/]+\.js';$/gm, '').replace(/^\/\/.*$/gm, '');
    expect(rest.trim()).toBe('');
  });
});

/** Of files that lead to each other a way round, the first one again at its end; undefined where none do. */
function findCircle(
  files: readonly string[],
  targetsOf: (file: string) => readonly string[],
  way: readonly string[] = [],
  seen = new Set<string>(),
): readonly string[] | undefined {
  for (const file of files) {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (seen.has(file)) continue;
    const found = findCircle(targetsOf(file), targetsOf, [...way, file], seen);
    if (found !== undefined) return found;
    seen.add(file);
  }
  return undefined;
}

/** The file that an import of a built one is about. */
function toSource(target: string): string {
  return target.replace(/\.js$/, '.ts');
}

function describeImport({ file, target }: SourceImport): string {
  return `${file} imports ${target}`;
}

function isDownwards(from: string, target: string): boolean {
  const name = /^@millrace\/([^/]+)/.exec(target)?.[1];
  if (name === undefined) return true;
  const layer = layerOf(from.replace(/^packages\//, ''));
  return name !== FOR_TESTS && layerOf(name) < layer;
}

/** Services are above every package. */
function layerOf(name: string): number {
  if (name === FOR_TESTS) return 1;
  const at = LAYERS.findIndex((layer) => layer.includes(name));
  return at === -1 ? LAYERS.length : at;
}

function isPathIntoPackage(from: string, target: string): boolean {
  const to = workspaceOf(target);
  return /^(?:packages|services)\//.test(target) && to !== from;
}

function isDeepName(target: string): boolean {
  return /^@millrace\/[^/]+\//.test(target);
}

/** `@scope/name/deep/path` and `name/deep/path` without the path. */
function packageOf(target: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;
}

function dependenciesOf(folder: string): readonly string[] {
  const { dependencies = {} } = JSON.parse(readText(`${folder}/package.json`)) as { dependencies?: object };
  return Object.keys(dependencies);
}
