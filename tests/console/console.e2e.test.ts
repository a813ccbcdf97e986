import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import type { Page } from 'playwright-core';
import { type ConsoleStage, openConsoleStage } from './console-stage.ts';
import { openScreen, SCREENS, takePicture } from './screens.ts';

// `npm run test:full` looks for a browser and says so where there is none.
const isBrowserHere = (process.env.MILLRACE_TEST_FULL ?? '').split(',').includes('chromium');
const withBrowser = isBrowserHere ? describe : describe.skip;

/** What axe calls these makes a page unusable for somebody. */
const SERIOUS = new Set(['serious', 'critical']);
const axe = isBrowserHere ? readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8') : '';

withBrowser('the console', () => {
  let stage: ConsoleStage;
  let page: Page;

  beforeAll(async () => {
    stage = await openConsoleStage();
    page = stage.page;
    await prepareWork(stage);
  });

  afterAll(() => stage.close());

  // Whatever a test does, no script may fail and no request be refused by the browser.
  afterEach(() => expect(stage.takeComplaints()).toEqual([]));

  it('begins at / and opens every screen without an error', async () => {
    await page.goto(stage.url);
    await page.getByRole('navigation').waitFor();
    for (const screen of SCREENS) await openScreen(page, stage.url, screen);
  });

  it('shows a dead letter by its cause, and redrives by filter all that died of it', async () => {
    const { system } = stage;
    await page.goto(`${stage.url}/dead-letters`);
    await page.getByRole('button', { name: /on print-label/ }).click();
    await page.waitForURL(/route=print-label/);
    await system.setFaults('gcp', []);
    await page.getByRole('button', { name: 'Redrive what matches' }).click();
    await page.getByRole('button', { name: 'Redrive 3 deliveries' }).click();
    await page.getByText('3 of 3 redriven').waitFor();
    await waitUntil(async () => (await system.deadLetters()) === 0, 'no dead letter is left');
  });

  it('approves what a tool asks for, with its exact arguments in view', async () => {
    const { system } = stage;
    await page.goto(`${stage.url}/approvals`);
    const card = page.getByRole('form', { name: /refund/ });
    await card.getByText('Pay 40 EUR back for order 77?').waitFor();
    await card.getByText('"amount"').waitFor();
    await card.getByLabel('Note for the customer').fill('sorry');
    await card.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Nothing waits for an answer').waitFor();
    const ref = refs.get('refund') ?? '';
    await system.untilState(ref, 'done');
    await page.goto(`${stage.url}/events/${ref}`);
    await page.getByRole('region', { name: 'Route refund' }).getByText('paid 40 EUR back for 77').waitFor();
  });

  it.each(SCREENS)('hinders nobody on $name, in light or dark', async (screen) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await openScreen(page, stage.url, { ...screen, shows: /./ });
      await page.evaluate(axe);
      const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run()');
      const serious = violations.filter(({ impact }) => SERIOUS.has(impact));
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    }
  });
});

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** The events that tests look for, by a word for each. */
const refs = new Map<string, string>();

/** One event that succeeds, one that waits for a person, and three that die of the same. Then a picture of each screen. */
async function prepareWork(stage: ConsoleStage): Promise<void> {
  const { system, page, url } = stage;
  await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error' }]);
  const post = async (name: string, type: string, data: object) => {
    refs.set(name, (await system.post({ type, source: '/shop', data })).body.ref);
  };
  await post('order', 'com.shop.order.created', { orderId: '1001', total: 199.5, sku: 'mug', quantity: 1 });
  await post('refund', 'com.shop.refund.requested', { orderId: '77', amount: 40 });
  for (const orderId of ['1', '2', '3']) await post('label', 'com.shop.label.wanted', { orderId });
  await waitUntil(async () => (await system.deadLetters()) === 3, 'three deliveries are given up');
  await system.untilState(refs.get('order') ?? '', 'done');
  for (const screen of SCREENS) {
    if (screen.name === 'audit') continue;
    await openScreen(page, url, screen);
    await takePicture(page, screen.name);
  }
}
