import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import type { Browser, Page } from 'playwright-core';
import { System } from '../system/system.ts';
import { openBrowser, openPage } from './browser.ts';
import { fillRetention, postBatch, type Share } from './fill-retention.ts';
import { type PageFigures, watchPage } from './page-watch.ts';
import { SCREENS } from './screens.ts';

// It takes minutes, so `npm run test:full` alone asks for it.
const asked = (process.env.MILLRACE_TEST_FULL ?? '').split(',');
const withLoad = asked.includes('chromium') && asked.includes('load') ? describe : describe.skip;

const LIMIT_MS = 600_000;
/** More elements than this no screen may hold, however much there is to show. */
const MAX_ELEMENTS = 20_000;
const FLOW = { perSecond: 1_000, seconds: 30, everyMs: 100 };

const ITEMS = [
  { sku: 'A-1', quantity: 2, price: 12.25 },
  { sku: 'B-2', quantity: 1, price: 105 },
];
const orderOf = (at: number) => ({
  orderId: `order-${at}`,
  total: 129.5,
  currency: 'EUR',
  items: ITEMS,
  note: at === 0 ? 'the oldest of them: needle' : 'leave it with the neighbours',
});

/** 100,000 events, every tenth of which comes to grief. */
const SHARES: readonly Share[] = [
  { type: 'com.shop.order.created', count: 90_000, dataOf: orderOf },
  { type: 'com.shop.parcel.missed', count: 6_000, dataOf: (at) => ({ parcelId: at }) },
  { type: 'com.shop.parcel.lost', count: 3_900, dataOf: (at) => ({ parcelId: at }) },
  { type: 'com.shop.parcel.weighed', count: 100, dataOf: () => ({ weight: 'much' }) },
];

withLoad('the console over 100,000 events and 10,000 dead letters', () => {
  let system: System;
  let browser: Browser;
  let page: Page;
  let takeComplaints: () => readonly string[];
  let takeFigures: () => Promise<PageFigures>;
  const table: Record<string, PageFigures> = {};

  beforeAll(async () => {
    const env = { MILLRACE_CONFIG: join(import.meta.dirname, 'retention-config') };
    system = await System.start(2, { env });
    const startedAt = performance.now();
    await fillRetention(system, SHARES, LIMIT_MS);
    console.log(`filled in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    browser = await openBrowser();
    ({ page, takeComplaints } = await openPage(browser));
    takeFigures = await watchPage(page);
  }, LIMIT_MS);

  afterAll(async () => {
    console.table(table);
    await browser?.close();
    await system?.stop();
  });

  afterEach(() => expect(takeComplaints()).toEqual([]));

  const note = async (what: string) => {
    const figures = await takeFigures();
    table[what] = figures;
    expect(figures.elements).toBeLessThan(MAX_ELEMENTS);
  };

  it.each(SCREENS)('opens $name', async ({ path, name }) => {
    await page.goto(`${system.operator.url}/${path}`);
    await page.locator('#main h1').waitFor();
    await page.getByText('Loading …').waitFor({ state: 'detached' });
    await note(name);
  });

  it('reads on in the list of events as far as the list goes', async () => {
    await page.goto(`${system.operator.url}/events`);
    const more = page.getByRole('button', { name: 'Show more' });
    for (let shown = 100; shown < 1_000; shown += 100) {
      await page.getByText(`${shown} events shown`).waitFor();
      await more.scrollIntoViewIfNeeded();
      await more.click();
    }
    await page.getByText('1,000 events shown').waitFor();
    for (let at = 0; at < 20; at += 1) await page.mouse.wheel(0, 2_000);
    await note('events, 1,000 rows');
  });

  it('finds a word that the oldest of them alone has', async () => {
    await page.goto(`${system.operator.url}/events?text=needle`);
    await page.getByRole('link', { name: 'com.shop.order.created' }).waitFor({ timeout: LIMIT_MS });
    await note('search');
  });

  it('counts every dead letter by its cause', async () => {
    await page.goto(`${system.operator.url}/dead-letters`);
    const causes = page.getByRole('region', { name: 'Causes' });
    await causes.getByText('6,000', { exact: true }).waitFor();
    await causes.getByText('3,900', { exact: true }).waitFor();
    await causes.getByText('100', { exact: true }).waitFor();
    await note('dead letters by cause');
  });

  it('stays at hand while a thousand events come in a second', async () => {
    await page.goto(`${system.operator.url}/live`);
    await page.getByText('Waiting for something to happen').waitFor();
    const flow = keepFlowing(system);
    await page.getByText('left out, because there is more than can be shown').waitFor();
    const pause = page.getByRole('button', { name: 'Pause' });
    const clicks: number[] = [];
    while (!flow.isOver()) {
      const clickedAt = performance.now();
      await pause.click();
      await page.getByText(/^paused/).waitFor();
      clicks.push(performance.now() - clickedAt);
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.waitForTimeout(500);
    }
    console.log(`a click took ${Math.round(Math.max(...clicks))} ms at most while events came in`);
    expect(await page.getByRole('table').getByRole('row').count()).toBe(101);
    await note(`live flow, ${FLOW.perSecond}/s`);
    await flow.done;
  });
});

/** Posts events at an even rate for a while. */
function keepFlowing({ producerUrl }: System): { readonly done: Promise<unknown>; isOver(): boolean } {
  const size = (FLOW.perSecond * FLOW.everyMs) / 1_000;
  const endsAt = performance.now() + FLOW.seconds * 1_000;
  let sent = 0;
  const isOver = () => performance.now() > endsAt;
  const posts: Promise<void>[] = [];
  const post = () => {
    const events = Array.from({ length: size }, (_, at) => ({
      specversion: '1.0',
      id: `flow-${sent + at}`,
      source: '/shop',
      type: 'com.shop.order.created',
      data: orderOf(1),
    }));
    sent += size;
    posts.push(postBatch(producerUrl, events));
  };
  const timer = setInterval(() => (isOver() ? clearInterval(timer) : post()), FLOW.everyMs);
  return { isOver, done: waitUntil(isOver, 'the flow is over').then(() => Promise.all(posts)) };
}
