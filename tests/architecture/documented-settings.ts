import { parseEnv } from 'node:util';
import { readText } from './repository.js';

/** A setting as a page describes it. */
export interface DocumentedSetting {
  /** Empty: none. */
  readonly default: string;
  /** All the prose about it, its bounds included. */
  readonly prose: string;
  /** Which processes read it. The page `.env.example` does not say. */
  readonly readers: readonly string[];
}

/** The rows of every table in docs/settings.md, by name. */
export function readSettingsPage(): ReadonlyMap<string, DocumentedSetting> {
  const rows = readText('docs/settings.md').matchAll(/^\| `([A-Z][A-Z0-9_]*)` +\|(.+)\|(.+)\|(.+)\|(.+)\|$/gm);
  return new Map(
    Array.from(rows, ([, name = '', value = '', bounds = '', , readers = '']) => [
      name,
      {
        default: /^ `([^`]+)`/.exec(value)?.[1] ?? '',
        prose: bounds,
        readers: readers.split(',').map((reader) => reader.trim()),
      },
    ]),
  );
}

/** The blocks of .env.example by the names they set, every line taken as if it were uncommented. */
export function readExample(): ReadonlyMap<string, DocumentedSetting> {
  const blocks = readText('.env.example').split(/\n{2,}/);
  return new Map(
    blocks.flatMap((block) => {
      const prose = block.replace(/^#[A-Z].*$/gm, '').replace(/\n# /g, ' ');
      const values = Object.entries(parseEnv(block.replace(/^#(?=[A-Z])/gm, '')));
      return values.map(([name, value = '']) => [name, { default: value, prose, readers: [] }] as const);
    }),
  );
}
