import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { System } from '../system/system.ts';
import { openBrowser, openPage } from './browser.ts';
import { startRefundDesk } from './refund-desk.ts';

const root = join(import.meta.dirname, '../..');
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
  - id: answer-question
    on: { type: com.shop.question.asked }
    agent: { tools: [], instructions: Answer., trust: anonymous, context: subject }
`;

/** What the agent of that route says, besides what the model of the demonstration does. */
const ANSWER_SCRIPT = `
- name: answer-question
  when: com.shop.question.asked
  repeat: true
  answers:
    - text: We open at nine.
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
  const modelScripts = join(config, 'scripted-model.yaml');
  await appendFile(modelScripts, ANSWER_SCRIPT);
  const system = await System.start(2, { env: { MILLRACE_CONFIG: config }, modelScripts });
  const browser = await openBrowser();
  const { page, takeComplaints } = await openPage(browser);
  let posting: NodeJS.Timeout | undefined;
  return {
    system,
    url: system.operator.url,
    page,
    takeComplaints,
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

/** An event more or less is nothing to a picture. */
function ignore(): void {}
