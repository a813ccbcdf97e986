import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@millrace/testing';
import type { Page } from 'playwright-core';
import { startService } from '../system/service-process.ts';
import { type ConsoleStage, openConsoleStage } from './console-stage.ts';
import { comeToGrief, ORDER, prepareWork, refOf } from './console-work.ts';
import { openEverything } from './dialogs.ts';
import { openFrontDoor } from './front-door.ts';
import { findHindrances } from './hindrances.ts';
import { comeWithKeys } from './keys.ts';
import { letGoOfRows } from './let-go.ts';
import { lookAtMemory } from './memory.ts';
import { walkAsNewcomer } from './newcomer.ts';
import { DESKTOP, openScreen, PHONE, SCREENS, takePicture } from './screens.ts';
import { holdStill } from './still-lists.ts';

// `npm run test:full` looks for a browser and says so where there is none.
const isBrowserHere = (process.env.MILLRACE_TEST_FULL ?? '').split(',').includes('chromium');
const withBrowser = isBrowserHere ? describe : describe.skip;

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

  it.each(SCREENS)(
    'shows $name without an error, hindering nobody, in light, in dark and on a phone',
    async (screen) => {
      await openScreen(page, stage.url, screen);
      await takePicture(page, `${screen.name}-light`);
      expect(await findHindrances(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      await takePicture(page, `${screen.name}-dark`);
      // The colours alone are others in the dark.
      expect(await findHindrances(page, { rules: ['color-contrast'] })).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(PHONE);
      await takePicture(page, `${screen.name}-phone`);
      expect(await findHindrances(page)).toEqual([]);
      // Nothing has to be looked for beside the screen.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
      await page.setViewportSize(DESKTOP);
    },
  );

  it('shows an event that is posted meanwhile, without being asked for it', async () => {
    await page.goto(`${stage.url}/live?type=com.ops.*`);
    await page.getByText('Waiting for something to happen').waitFor();
    const postedAt = performance.now();
    const data = { service: 'checkout', title: 'slow', severity: 'high' };
    await stage.system.post({ type: 'com.ops.incident.opened', subject: 'checkout/7', source: '/watch', data });
    await page.getByText('checkout/7').waitFor();
    console.log(`an event was on the page ${Math.round(performance.now() - postedAt)} ms after it was posted`);
  });

  it('finds an event by a word in its data, and shows all that it has caused', async () => {
    await page.goto(stage.url);
    await page.keyboard.press('/');
    await page.keyboard.type('needle-7');
    await page.keyboard.press('Enter');
    await page.waitForURL(/events\?text=needle-7/);
    await page.getByRole('link', { name: 'com.shop.order.created' }).click();
    await page.getByRole('region', { name: 'Route score-order' }).getByText('"score"').first().waitFor();
    const story = page.getByRole('region', { name: 'Causes and effects' });
    await story.getByRole('link', { name: 'com.shop.order.charged' }).click();
    await page.getByRole('region', { name: 'Route confirm-order' }).waitFor();
    await story.getByRole('link', { name: 'com.shop.order.created' }).waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'event');
  });

  it('sends an event by hand, and shows what becomes of it', async () => {
    await page.goto(stage.url);
    await page.getByRole('button', { name: 'Send an event …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send an event' });
    await dialog.getByLabel('Data, as JSON').fill(JSON.stringify({ ...ORDER, total: 'much' }));
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.getByText('EVENT_SCHEMA_MISMATCH').waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'send-event');
    await dialog.getByLabel('Data, as JSON').fill(JSON.stringify({ ...ORDER, orderId: 'by-hand' }));
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('region', { name: 'Route score-order' }).getByText('by-hand').first().waitFor();
    // The browser tells of the refusal that it saw.
    for (const complaint of stage.takeComplaints()) expect(complaint).toContain('422');
  });

  it('sends an event again, as it was and edited, and links the new one to the first', async () => {
    await page.goto(`${stage.url}/events/${refOf('order')}`);
    await page.getByRole('button', { name: 'Replay …' }).click();
    await page.getByText(/The first was taken by \d route/).waitFor();
    await page.getByRole('button', { name: 'Send 1 event' }).click();
    await page.getByText('Sent as it was').waitFor();
    await page.getByRole('button', { name: 'Edit and send …' }).click();
    const data = page.getByLabel('Data, as JSON');
    await data.fill('{ "orderId": ');
    await page.getByText('The data are not JSON yet').waitFor();
    await data.fill(JSON.stringify({ ...ORDER, total: 'much' }));
    await page.getByRole('button', { name: 'Send 1 event' }).click();
    await page.getByText('EVENT_SCHEMA_MISMATCH').waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await data.fill(JSON.stringify({ ...ORDER, orderId: 'mended-7' }));
    await page.getByRole('button', { name: 'Send 1 event' }).click();
    await page.getByRole('link', { name: 'see what becomes of it' }).click();
    await page.getByText('Replay of').waitFor();
    await page.getByRole('region', { name: 'Route score-order' }).getByText('mended-7').first().waitFor();
    // The browser tells of the refusal that it saw.
    for (const complaint of stage.takeComplaints()) expect(complaint).toContain('422');
  });

  it('pauses a server and a route with a word about why, and resumes them', async () => {
    const pause = async (within: ReturnType<Page['getByRole']>) => {
      await within.getByRole('button', { name: /^Pause/ }).click();
      await page.getByLabel('Why, for whoever wonders').fill('being moved');
      await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
      await within.getByText('being moved').waitFor();
    };
    await page.goto(`${stage.url}/servers`);
    await pause(page.getByRole('region', { name: 'desk' }));
    await page.goto(`${stage.url}/events/${refOf('order')}`);
    await pause(page.getByRole('region', { name: 'Route score-order' }));
    await page.goto(stage.url);
    const paused = page.getByRole('region', { name: 'Paused' });
    await paused.getByText('server desk').waitFor();
    await paused.getByText('route score-order').waitFor();
    await paused.getByRole('button', { name: 'Resume' }).first().click();
    await paused.getByText('route score-order').waitFor({ state: 'detached' });
    await paused.getByRole('button', { name: 'Resume' }).click();
    await paused.waitFor({ state: 'detached' });
  });

  it('shows which server is slow, what its tools are, and its last calls with the way to each event', async () => {
    await page.goto(`${stage.url}/servers`);
    const glance = page.getByRole('region', { name: 'The last minute' });
    await glance.getByRole('link', { name: 'aws' }).click();
    const tools = page.getByRole('region', { name: 'Tools' });
    await tools.getByText('risk.score').waitFor();
    await tools.getByText('not pinned').first().waitFor();
    const calls = page.getByRole('region', { name: 'Calls' });
    await calls
      .getByRole('row', { name: /risk\.score.*score-order.*done/ })
      .first()
      .waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'server');
    await page.goto(`${stage.url}/servers/gcp?outcome=failed`);
    await calls
      .getByRole('row', { name: /print-label/ })
      .first()
      .getByRole('link')
      .click();
    await page.getByRole('region', { name: 'Route print-label' }).waitFor();
  });

  it('shows the routes as they are written, and what one would do with a recent event', async () => {
    await page.goto(`${stage.url}/routes`);
    const card = page.getByRole('region', { name: 'Route score-order' });
    await card.getByText('type com.shop.order.created').waitFor();
    await card.getByText('Try it with a recent event').click();
    const order = card.getByRole('option', { name: /com\.shop\.order\.created/ }).first();
    await order.waitFor({ state: 'attached' });
    await card.getByLabel('Event').selectOption((await order.getAttribute('value')) ?? '');
    await card.getByRole('button', { name: 'Try it' }).click();
    await card.getByText(/It would call risk\.score on/).waitFor();
    await card.getByText('"orderId"').waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'try-route');
  });

  it('counts on the screen of the routes what becomes of events that are posted meanwhile', async () => {
    const { system, url } = stage;
    await page.goto(`${url}/routes`);
    const card = page.getByRole('region', { name: 'Route close-incident' });
    await card.getByText('nothing', { exact: true }).waitFor();
    const data = { service: 'checkout', resolution: 'restarted' };
    await Promise.all([1, 2, 3].map(() => system.post({ type: 'com.ops.incident.resolved', source: '/watch', data })));
    await card.getByText('3 done').waitFor();
    await card.getByText(/^(?!0 )[\d.]+ a second$/).waitFor();
    await system.post({ type: 'com.ops.incident.resolved', source: '/watch', data });
    await card.getByText('4 done').waitFor();
  });

  it('works below a path of a proxy, wherever in it somebody begins', async () => {
    const door = await openFrontDoor(stage.url, '/ops/millrace/');
    await page.goto(`${door.url}events/${refOf('order')}`);
    await page.getByRole('region', { name: 'Route score-order' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Servers' }).click();
    await page.getByRole('region', { name: 'The last minute' }).getByRole('link', { name: 'aws' }).click();
    await page.waitForURL(`${door.url}servers/aws`);
    await page.reload();
    await page.getByRole('region', { name: 'Tools' }).getByText('risk.score').waitFor();
    await page.getByRole('navigation').getByText('Live', { exact: true }).waitFor();
    await page.goto('about:blank');
    await door.close();
  });

  it('says on every screen that the operator is away, and goes on by itself when it is back', async () => {
    const env = { REDIS_URL: stage.system.redisServer.url, OPERATOR_PORT: String(await freePort()) };
    const operator = await startService('operator', env);
    await page.goto(`${operator.url}/consumers`);
    await page.getByRole('table').getByText('alive').first().waitFor();
    await operator.kill();
    await page.getByText('The operator does not answer.').waitFor();
    expect(await page.getByRole('table').getByText('alive').count()).toBeGreaterThan(0);
    const again = await startService('operator', env);
    await page.getByText('The operator does not answer.').waitFor({ state: 'detached' });
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
    await page.goto('about:blank');
    await again.kill();
    // The browser tells of each request that found nobody.
    for (const complaint of stage.takeComplaints()) expect(complaint).toMatch(/ERR_|Failed to load/);
  });

  it('can be used by the keyboard alone: past the navigation, into a list, through a dialog and back', async () => {
    await page.goto(`${stage.url}/routes`);
    await page.getByRole('region', { name: 'Route score-order' }).waitFor();
    const focused = () => page.evaluate<string>('document.activeElement?.textContent ?? ""');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the screen');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Routes');
    for (const name of ['Its events', 'Its dead letters', 'Try it with a recent event', 'Pause this route …']) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(name);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Pause score-order' }).waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('Pause this route …');
  });

  it('weighs less than 90 KiB on the wire', async () => {
    const page = await (await fetch(stage.url)).text();
    const assets = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => path);
    const sizes = assets.map(async (path) => {
      const answer = await fetch(`${stage.url}/${path}`, { headers: { 'accept-encoding': 'gzip' } });
      return Number(answer.headers.get('content-length'));
    });
    const sum = (await Promise.all(sizes)).reduce((all, size) => all + size, 0);
    expect(sum).toBeGreaterThan(10 * 1024);
    expect(sum).toBeLessThan(90 * 1024);
  });

  it('goes to a screen by two keys, and lists them', async () => {
    await page.goto(stage.url);
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.getByRole('heading', { name: 'Events' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  holdStill(() => stage);
  letGoOfRows(() => stage);
  openEverything(() => stage, refOf);
  comeWithKeys(() => stage, refOf);
  walkAsNewcomer(() => stage);
  lookAtMemory(() => stage);

  it('approves what a tool asks for, with its exact arguments in view', async () => {
    const { system } = stage;
    await page.goto(`${stage.url}/approvals`);
    const card = page.getByRole('form', { name: /refund/ });
    await card.getByText('Pay 40 EUR back for order 77?').waitFor();
    await card.getByText('amount', { exact: true }).waitFor();
    await card.getByLabel('Note for the customer').fill('sorry');
    await card.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Nothing waits for an answer').waitFor();
    const ref = refOf('refund');
    await system.untilState(ref, 'done');
    await page.goto(`${stage.url}/events/${ref}`);
    await page.getByRole('region', { name: 'Route refund' }).getByText('paid 40 EUR back for 77').waitFor();
  });

  it('draws how things go on a bad day, which is the picture in the README', async () => {
    await comeToGrief(stage);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 920 });
    await page.goto(stage.url);
    // The curves are drawn every few seconds.
    await page.locator('.u-series', { hasText: 'dead letters' }).getByText('6', { exact: true }).waitFor();
    const waiting = page.getByRole('region', { name: 'Waiting for you' });
    await waiting.getByRole('link', { name: /1 call waits for a yes or no/ }).waitFor();
    await waiting
      .getByRole('link', { name: /on print-label/ })
      .nth(1)
      .waitFor();
    await page.getByRole('link', { name: /^Waiting to retry\s*[1-9]/ }).waitFor();
    await takePicture(page, 'console');
  });
});
