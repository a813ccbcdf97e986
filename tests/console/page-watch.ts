import type { Page } from 'playwright-core';

/** What a page has cost since it was last asked, and what is on it. */
export interface PageFigures {
  /** Pieces of work of a fifth of a second and more, during which the page answers nobody. */
  readonly freezes: number;
  readonly longestTaskMs: number;
  readonly elements: number;
  /** After the garbage was collected. */
  readonly heapMiB: number;
  /** The answer of the operator that took longest, the live stream left out. */
  readonly slowestMs: number;
  readonly slowest: string;
}

const FREEZE_MS = 200;

/** Runs in the page: only there is it known which pieces of work were long. */
const COUNT_TASKS = `
  globalThis.tasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.tasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });
`;

/** Watches what a page does. From now on, and through whatever screens it goes. */
export async function watchPage(page: Page): Promise<() => Promise<PageFigures>> {
  const answers: { readonly path: string; readonly ms: number }[] = [];
  page.on('requestfinished', (request) => {
    const { pathname, search } = new URL(request.url());
    answers.push({ path: pathname + search, ms: Math.round(request.timing().responseEnd) });
  });
  await page.addInitScript({ content: COUNT_TASKS });
  const devtools = await page.context().newCDPSession(page);
  return async () => {
    const tasks = await page.evaluate<number[]>('globalThis.tasks?.splice(0) ?? []');
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    const elements = await page.evaluate<number>("document.getElementsByTagName('*').length");
    const [slowest] = answers.splice(0).sort((a, b) => b.ms - a.ms);
    return {
      freezes: tasks.filter((ms) => ms > FREEZE_MS).length,
      longestTaskMs: Math.round(Math.max(0, ...tasks)),
      elements,
      heapMiB: Math.round(usedSize / 104_857.6) / 10,
      slowestMs: slowest?.ms ?? 0,
      slowest: slowest?.path ?? '',
    };
  };
}
