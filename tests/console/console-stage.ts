import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { System } from '../system/system.ts';
import { startRefundDesk } from './refund-desk.ts';

const root = join(import.meta.dirname, '../..');
/** How long anything on a page may take to come, in ms. A limit, not an expectation. */
const PAGE_LIMIT_MS = 15_000;

const POST_EVERY_MS = 150;

const REFUND_ROUTE = `
  - id: refund
    on: { type: com.shop.refund.requested }
    call: { server: desk, tool: refund }
    with: '{ "orderId": data.orderId, "amount": data.amount }'
    timeout: 5s
  - id: print-label
    on: { type: com.shop.label.wanted }
    call: { server: gcp, tool: label.print }
    with: '{ "eventId": id, "orderId": data.orderId }'
    retry: { attempts: 2, initial: 20ms, max: 50ms }
    timeout: 5s
`;

/** The whole system with the demonstration's routes and two more, and a browser in front of its console. */
export interface ConsoleStage {
  readonly system: System;
  readonly url: string;
  readonly page: Page;
  /** What pages have complained about since it was last asked: errors of scripts, and of the console. */
  takeComplaints(): readonly string[];
  /** Posts an event of this kind several times a second, until the stage is closed. */
  keepPosting(event: object): void;
  close(): Promise<void>;
}

export async function openConsoleStage(): Promise<ConsoleStage> {
  const config = await mkdtemp(join(tmpdir(), 'millrace-console-config-'));
  const desk = await startRefundDesk();
  await cp(join(root, 'config'), config, { recursive: true });
  await appendFile(join(config, 'routes.yaml'), REFUND_ROUTE);
  await appendFile(join(config, 'servers.yaml'), `  desk: { url: ${desk.url}, privateAddresses: true }\n`);
  const system = await System.start(2, { env: { MILLRACE_CONFIG: config } });
  const browser = await openBrowser();
  const page = await openPage(browser);
  const complaints: string[] = [];
  let posting: NodeJS.Timeout | undefined;
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  return {
    system,
    url: system.operator.url,
    page,
    takeComplaints: () => complaints.splice(0),
    keepPosting: (event) => {
      posting = setInterval(() => void system.post(event).catch(ignore), POST_EVERY_MS);
    },
    close: async () => {
      clearInterval(posting);
      await browser.close();
      await system.stop();
      await desk.kill();
      await rm(config, { recursive: true, force: true });
    },
  };
}

function openBrowser(): Promise<Browser> {
  // Chromium's own sandbox does not work for root, as which machines that run tests have us.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: [...args, '--disable-dev-shm-usage'] });
}

async function openPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_LIMIT_MS);
  return page;
}

/** An event more or less is nothing to a picture. */
function ignore(): void {}
