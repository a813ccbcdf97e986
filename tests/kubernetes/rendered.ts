import { afterAll, beforeAll } from '@jest/globals';
import { type Helm, hasHelm, openHelm, SETS, type ValuesSet } from './helm.js';
import type { Manifest } from './manifest.js';

/** Of the file that called `renderSets`; there once its first `beforeAll` hook has run, where there is a helm. */
export let helm: Helm;
export let rendered: Readonly<Record<ValuesSet, readonly Manifest[]>>;

/** Renders the chart with each of its sets of values, once for all tests of the file that calls it. */
export function renderSets(): void {
  beforeAll(async () => {
    if (!hasHelm) return;
    helm = await openHelm();
    const pairs = await Promise.all(SETS.map(async (set) => [set, await helm.render(set)] as const));
    rendered = Object.fromEntries(pairs) as typeof rendered;
  });
  afterAll(() => helm?.close());
}
