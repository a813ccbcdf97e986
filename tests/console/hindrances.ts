import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** What axe calls these makes a page unusable for somebody. */
const SERIOUS = new Set(['serious', 'critical']);

/** What is looked for, and where; left out: everything, everywhere. */
interface Looked {
  readonly rules?: readonly string[];
  /** A selector. */
  readonly within?: string;
}

let axe: string | undefined;

/** What axe finds on the page that makes it unusable for somebody. */
export async function findHindrances(page: Page, { rules, within }: Looked = {}): Promise<readonly string[]> {
  axe ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) });
  const place = within === undefined ? 'document' : JSON.stringify(within);
  const { violations } = await page.evaluate<{ violations: Violation[] }>(`axe.run(${place}, ${options})`);
  const serious = violations.filter(({ impact }) => SERIOUS.has(impact));
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
