import { type Browser, chromium, type Page } from 'playwright-core';
import { DESKTOP } from './screens.ts';

/** How long anything on a page may take to come, in ms. A limit, not an expectation. */
const PAGE_LIMIT_MS = 60_000;

export function openBrowser(): Promise<Browser> {
  // Chromium's own sandbox does not work for root, as which machines that run tests have us.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: [...args, '--disable-dev-shm-usage'] });
}

/** A page of its own, and what it has complained about since that was last asked: errors of scripts, and of the console. */
export async function openPage(
  browser: Browser,
): Promise<{ readonly page: Page; readonly takeComplaints: () => readonly string[] }> {
  const context = await browser.newContext({ viewport: DESKTOP });
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_LIMIT_MS);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  return { page, takeComplaints: () => complaints.splice(0) };
}
