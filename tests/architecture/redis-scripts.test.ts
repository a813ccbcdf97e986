import { describe, expect, it } from '@jest/globals';
import { findAll, listNames, readText } from './repository.js';

const folder = 'packages/stream-client';
const files = listNames(`${folder}/lua`);
const scripts = files.filter((file) => !file.startsWith('include-')).map((file) => file.replace(/\.lua$/, ''));
const source = readText(`${folder}/src/scripts.ts`);

describe('the scripts that the stream client loads', () => {
  it('are the files in lua/', () => {
    const list = /const NAMES = \[([^\]]+)\]/.exec(source)?.[1] ?? '';
    expect([...findAll(list, /'([a-z-]+)'/g)].sort()).toEqual(scripts);
  });

  it('include the shared pieces that are there', () => {
    const included = files.flatMap((file) => findAll(readText(`${folder}/lua/${file}`), /^-- include: (\S+)$/gm));
    const pieces = files.filter((file) => file.startsWith('include-'));
    expect([...new Set(included.map((piece) => `include-${piece}.lua`))].sort()).toEqual(pieces);
  });

  it('are in the package and in the image of a service', () => {
    const { files: packaged } = JSON.parse(readText(`${folder}/package.json`)) as { files: readonly string[] };
    expect(packaged).toContain('lua');
    expect(readText('infra/docker/service.Dockerfile')).toMatch(/^ && cp .*packages\/\*\/lua/m);
  });
});

/** Files that read or write fields of a record, but for the piece that knows of both forms. */
const onRecords = files.filter((file) => {
  return file !== 'include-record.lua' && /redis\.call\('H[A-Z]+', (\w*[._]?record\b|KEYS\[n)/.test(readLua(file));
});

function readLua(file: string): string {
  return readText(`${folder}/lua/${file}`);
}

describe('a record, which may be one text', () => {
  it.each(onRecords)('is spelled out in %s', (file) => {
    expect(readLua(file)).toMatch(/\b(spell_out|read_in_short)\(/);
  });

  it('is in the hands of many scripts', () => {
    expect(onRecords.length).toBeGreaterThan(15);
  });
});

describe.each(scripts)('the script %s', (name) => {
  const text = readText(`${folder}/lua/${name}.lua`).replace(/^#!lua.*\n/, '');
  const header = /^(?:--.*\n)+/.exec(text)?.[0] ?? '';
  const body = text.slice(header.length);

  it('says its name, its format and what it promises', () => {
    expect(header).toMatch(new RegExp(`^-- ${name} \\(format 1\\): [a-z]`));
  });

  it('lists its keys, its arguments and its replies', () => {
    expect(header).toMatch(/^-- KEYS\[1\] /m);
    expect(header).toMatch(/^-- ARGV(\[1\]| per )/m);
    expect(header).toMatch(/^-- Replies /m);
  });

  it.each(['KEYS', 'ARGV'])('numbers its %s without a gap, and uses none that it does not list', (list) => {
    const listed = findAll(header, new RegExp(`${list}\\[(\\d+)(?:\\.\\.)?\\]`, 'g')).map(Number);
    expect(listed).toEqual(listed.map((_, at) => at + 1));
    const isOpen = new RegExp(`${list}(\\[\\d+\\.\\.\\]| per )`).test(header);
    const used = findAll(body, new RegExp(`${list}\\[(\\d+)\\]`, 'g')).map(Number);
    expect(used.filter((number) => !isOpen && number > listed.length)).toEqual([]);
  });

  it('writes out no key, so that a cluster finds them all among its KEYS', () => {
    // Three commands have a word before the key.
    expect(body).not.toMatch(/redis\.call\('(?!XINFO|XGROUP|XREADGROUP)[A-Z]+', *'/);
  });
});
