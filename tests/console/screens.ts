import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Where screenshots go: `.millrace/screenshots`, or where `MILLRACE_SCREENSHOTS` says. */
export const SCREENSHOTS = process.env.MILLRACE_SCREENSHOTS ?? join(import.meta.dirname, '../../.millrace/screenshots');

/** A screen, and what can be read on it once it has something to show. */
export interface ScreenSeen {
  readonly path: string;
  readonly name: string;
  readonly shows: string | RegExp;
}

/** Every screen of the console. */
export const SCREENS: readonly ScreenSeen[] = [
  { path: '', name: 'overview', shows: 'Events a second' },
  { path: 'live', name: 'live', shows: 'com.shop.order' },
  { path: 'events', name: 'events', shows: 'com.shop.order' },
  { path: 'dead-letters', name: 'dead-letters', shows: 'By cause' },
  { path: 'approvals', name: 'approvals', shows: 'expires' },
  { path: 'routes', name: 'routes', shows: 'confirm-order' },
  { path: 'servers', name: 'servers', shows: 'azure' },
  { path: 'consumers', name: 'consumers', shows: 'alive' },
  { path: 'contexts', name: 'memory', shows: 'No agent remembers anything' },
  { path: 'audit', name: 'audit', shows: /deliver|act/ },
  { path: 'system', name: 'system', shows: 'Checks' },
];

/** Goes to a screen and resolves once it shows something. */
export async function openScreen(page: Page, url: string, { path, shows }: ScreenSeen): Promise<void> {
  await page.goto(`${url}/${path}`);
  await page.locator('#main').getByText(shows).first().waitFor();
}

export const DESKTOP = { width: 1360, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** Takes a picture of what is on the page. */
export async function takePicture(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
}
