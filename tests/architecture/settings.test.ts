import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { describeSettings, type ServiceSettings } from '@millrace/runtime';
import { readExample, readSettingsPage } from './documented-settings.js';
import {
  loadStartScripts,
  readKeyNames,
  readPlaceholders,
  readPrepareSettings,
  readServiceSettings,
  readStartSettings,
  services,
} from './read-settings.js';
import { listNames, readText, root } from './repository.js';

const page = readSettingsPage();
const example = readExample();
const scripts = await loadStartScripts();
const ofServices = await readServiceSettings();
const keysOfModels = readKeyNames('config/models.yaml', 'consumer');
const read = [
  ...keysOfModels,
  ...ofServices,
  ...readStartSettings(scripts),
  ...readPrepareSettings(),
  ...listNames('config')
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => readPlaceholders(`config/${name}`, 'consumer')),
  ...readPlaceholders('docker-compose.yml', 'docker compose'),
];
const names = [...new Set(read.map(({ name }) => name))].sort();

describe('.env.example', () => {
  it('changes nothing when it is copied', () => {
    expect(parseEnv(readText('.env.example'))).toEqual({});
  });

  it('has every setting that a process reads, and no other', () => {
    // A service reads NAME_FILE in place of each of its settings; only the secrets among them are worth a line.
    const files = new Set([...ofServices, ...keysOfModels].map(({ name }) => `${name}_FILE`));
    expect([...example.keys()].filter((name) => !files.has(name)).sort()).toEqual(names);
    expect(files).toContain('MILLRACE_API_KEY_FILE');
    expect([...example.keys()]).toEqual(
      expect.arrayContaining(names.filter((name) => name.endsWith('_KEY')).map((name) => `${name}_FILE`)),
    );
  });
});

describe('docs/settings.md', () => {
  it('is what the services say of their settings: `node scripts/write-reference-pages.mjs` writes it anew', async () => {
    const order = ['producer', 'consumer', 'operator', 'mcp-server', 'model-script'];
    expect([...order].sort()).toEqual([...services].sort());
    expect(readText('docs/settings.md')).toBe(describeSettings(await Promise.all(order.map(loadSettings))));
  });

  it('has every setting that a process reads, and no other', () => {
    expect([...page.keys()].sort()).toEqual(names);
  });

  it('says which processes read each', () => {
    const readers = names.map((name) => [
      name,
      new Set(read.filter((one) => one.name === name).map((one) => one.reader)),
    ]);
    expect(names.map((name) => [name, new Set(page.get(name)?.readers)])).toEqual(readers);
  });
});

describe.each([
  ['.env.example', example],
  ['docs/settings.md', page],
])('%s', (_, documented) => {
  it('has the default that each process has for a setting', () => {
    const defaults = read.filter((one) => one.default !== undefined);
    const facts = defaults.map(({ name, reader, default: value }) => [name, reader, value]);
    expect(defaults.map(({ name, reader }) => [name, reader, documented.get(name)?.default])).toEqual(facts);
  });

  it('has the range of each number and the words of each choice', () => {
    const isSaid = (name: string, words: string) => saysWord(documented.get(name)?.prose ?? '', words);
    const missing = read.map(({ name, bounds }) => [name, bounds.filter((words) => !isSaid(name, words))] as const);
    expect(missing.filter(([, unsaid]) => unsaid.length > 0)).toEqual([]);
  });

  it.each(['CONSUMERS', 'REDIS_PORT'])('has the default and the bounds that npm start gives %s', (name) => {
    const { default: fallback = 'undocumented', prose = '' } = documented.get(name) ?? {};
    const [, min = '', max = ''] = /(\d+) to (\d+)/.exec(prose) ?? [];
    const start = (value: number | string) => scripts.readSettings({ [name]: String(value) });
    expect(start(fallback)).toEqual(start(''));
    for (const value of [min, max]) expect(() => start(value)).not.toThrow();
    expect(() => start(Number(min) - 1)).toThrow(name);
    expect(() => start(Number(max) + 1)).toThrow(name);
  });

  it('has the words that npm start takes for REDIS_MODE', () => {
    const refusal = describeRefusal(() => scripts.readSettings({ REDIS_MODE: 'no such mode' }));
    const modes = /must be one of ([a-z, ]+), and/.exec(refusal)?.[1] ?? '';
    expect(modes).not.toBe('');
    const prose = documented.get('REDIS_MODE')?.prose ?? '';
    expect(modes.split(', ').filter((mode) => !saysWord(prose, mode))).toEqual([]);
  });
});

describe('the settings of services', () => {
  it('are seen by these tests, of every service', () => {
    expect([...new Set(ofServices.map(({ reader }) => reader))]).toEqual(services);
  });
});

async function loadSettings(reader: string): Promise<ServiceSettings> {
  const config: unknown = await import(`${root}/services/${reader}/src/config.ts`);
  return { reader, schema: (config as { settings: ServiceSettings['schema'] }).settings };
}

function saysWord(prose: string, words: string): boolean {
  return new RegExp(`(?<!\\w)${words}(?!\\w)`).test(prose);
}

function describeRefusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return String(error);
  }
  return '';
}
