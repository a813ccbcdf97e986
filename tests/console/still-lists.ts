import { expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import type { Page } from 'playwright-core';
import type { ConsoleStage } from './console-stage.ts';
import { findHindrances } from './hindrances.ts';
import { takePicture } from './screens.ts';

/** Events that come in while somebody points at a row: about as many as the list has. */
const BURST = 90;
/** More steps by the keyboard than lie between the beginning of a screen and its list. */
const MAX_STEPS = 40;

const ROW = 'tbody tr';
const order = { type: 'com.shop.order.created', source: '/shop' };
const data = { orderId: '1001', total: 199.5, sku: 'mug', quantity: 1 };

/** What somebody points at, or has come to, stays where it is while other events come in. Orders have to be posted meanwhile. */
export function holdStill(stageOf: () => ConsoleStage): void {
  it('holds the live flow still under the pointer, tells how much is new, and shows it at one press', async () => {
    const { page, url, system } = stageOf();
    await page.goto(`${url}/live`);
    const point = await pointAtRow(page, 3);
    const pointedAt = await linkUnder(page, point);
    const burst = Promise.all(Array.from({ length: BURST }, () => system.post({ ...order, data })));
    const show = page.getByRole('button', { name: /^Show (\d\d|100 and more) new$/ });
    await show.waitFor();
    expect(await linkUnder(page, point)).toBe(pointedAt);
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'live-held');
    const first = await firstLink(page);
    await show.click();
    await untilOther(page, first);
    await burst;
    await page.mouse.move(5, 5);
    await page.getByText('As it happens').waitFor();
    await untilOther(page, await firstLink(page));
  });

  it('holds the live flow still for the keyboard, and shows what is new by a key', async () => {
    const { page, url } = stageOf();
    await page.mouse.move(5, 5);
    await page.goto(`${url}/live`);
    await page.locator(ROW).nth(3).waitFor();
    await stepIntoList(page);
    const focused = () => page.evaluate<string>('document.activeElement.href');
    const at = await focused();
    await page.getByRole('button', { name: /^Show .* new$/ }).waitFor();
    expect(await focused()).toBe(at);
    await page.keyboard.press('n');
    const newestHasIt = () => page.evaluate<boolean>(`document.activeElement.closest('${ROW}:first-child') !== null`);
    await waitUntil(newestHasIt, 'the newest row has the focus');
    const newest = await focused();
    expect(newest).not.toBe(at);
    await page.keyboard.press('Enter');
    await page.waitForURL(newest);
  });

  it('holds the list of events still under the pointer, and takes up what is new when it leaves', async () => {
    const { page, url } = stageOf();
    await page.goto(`${url}/events`);
    const point = await pointAtRow(page, 5);
    const pointedAt = await linkUnder(page, point);
    await page.getByRole('button', { name: /^Show .* new$/ }).waitFor();
    expect(await linkUnder(page, point)).toBe(pointedAt);
    const first = await firstLink(page);
    await page.mouse.move(5, 5);
    await untilOther(page, first);
    await page.getByText('Kept up to date').waitFor();
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Moves the pointer to the middle of a row, as a hand would: it goes there, and then a little more. */
async function pointAtRow(page: Page, at: number): Promise<Point> {
  const row = page.locator(ROW).nth(at);
  await row.waitFor();
  const box = await row.boundingBox();
  if (box === null) throw new Error(`row ${at} is not to be seen`);
  const point = { x: box.x + box.width / 3, y: box.y + box.height / 2 };
  await page.mouse.move(point.x - 10, point.y);
  await page.mouse.move(point.x, point.y, { steps: 3 });
  return point;
}

/** Where the row leads that is at a point. */
function linkUnder(page: Page, { x, y }: Point): Promise<string> {
  return page.evaluate<string>(`document.elementFromPoint(${x}, ${y}).closest('tr').querySelector('a').href`);
}

function firstLink(page: Page): Promise<string> {
  return page.evaluate<string>(`document.querySelector('${ROW} a').href`);
}

/** Resolves once another row is the first. */
async function untilOther(page: Page, first: string): Promise<void> {
  await waitUntil(async () => (await firstLink(page)) !== first, 'another row is the first');
}

async function stepIntoList(page: Page): Promise<void> {
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  for (let step = 0; step < MAX_STEPS; step += 1) {
    if (await page.evaluate<boolean>(`document.activeElement.closest('${ROW}') !== null`)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('the list cannot be reached by the keyboard');
}
