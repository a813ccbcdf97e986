import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findAll, listFiles, readText, root } from './repository.js';

const pages = listFiles().filter((file) => file.endsWith('.md'));
/** A path from the root, as pages name tests and sources: `packages/events/src/event.ts`. */
const NAMED_PATH = /`((?:bench|docs|examples|infra|packages|scripts|services|tests)\/[\w./@-]+\.\w+)`/g;

/** The part of a link by which a page's heading is reached: lower case, without marks, hyphens for spaces. */
function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
}

function anchorsIn(page: string): readonly string[] {
  return findAll(readText(page), /^#+ (.*)$/gm).map(anchorOf);
}

/** Where a link within the repository leads to, and what is wrong with that. */
function findFault(page: string, link: string): string | undefined {
  const [path = '', anchor = ''] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(root, target))) return `${link}: there is no ${target}`;
  if (anchor === '' || !target.endsWith('.md')) return undefined;
  return anchorsIn(target).includes(anchor) ? undefined : `${link}: ${target} has no such heading`;
}

describe('the pages', () => {
  it.each(pages)('%s links to what is there', (page) => {
    const links = findAll(readText(page), /\]\(([^)\s]+)\)/g).filter((link) => !/^\w+:/.test(link));
    expect(links.flatMap((link) => findFault(page, link) ?? [])).toEqual([]);
  });

  it('name tests and sources that are there', () => {
    const named = pages.flatMap((page) => findAll(readText(page), NAMED_PATH).map((path) => ({ page, path })));
    // What is built is there once it has been built.
    const sources = named.filter(({ path }) => !path.includes('/dist/'));
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
  });
});
