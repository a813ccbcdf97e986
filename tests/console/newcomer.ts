import { expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import type { Page } from 'playwright-core';
import type { ConsoleStage } from './console-stage.ts';
import { findHindrances } from './hindrances.ts';
import { takePicture } from './screens.ts';

/** Within this, in ms, each has to be done by somebody who has to read, too: a browser needs a small part of it. */
const SLOW_MS = 2_500;

/**
 * The five things that somebody does first, each from the first screen on by following what is to be read there and on no
 * other account. They need an escalated incident whose agent waits, and three deliveries along `print-label` that were given up.
 */
export function walkAsNewcomer(stageOf: () => ConsoleStage): void {
  const begin = async (): Promise<Page> => {
    const { page, url } = stageOf();
    await page.goto(url);
    return page;
  };

  it('lets a newcomer send an event, and shows them what becomes of it', async () => {
    const page = await begin();
    await page.getByRole('button', { name: 'Send an event …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send an event' });
    await dialog.getByRole('button', { name: 'com.ops.incident.opened' }).click();
    expect(await dialog.getByLabel('Data, as JSON').inputValue()).toContain('"checkout"');
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    const ticket = page.getByRole('region', { name: 'Route open-ticket' });
    await ticket.getByText('done').first().waitFor();
  });

  it('lets a newcomer find why an event has failed', async () => {
    const page = await begin();
    const waiting = page.getByRole('region', { name: 'Waiting for you' });
    await waiting.getByRole('link', { name: /on print-label/ }).click();
    await page.getByRole('region', { name: 'Letters' }).getByRole('link').first().click();
    const route = page.getByRole('region', { name: 'Route print-label' });
    await route.getByText('Given up: attempts-exhausted').waitFor();
    await route.getByText('label.print failed because a fault was asked for').first().waitFor();
    await route.getByText('Arguments').first().waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'why-it-failed');
  });

  it('lets a newcomer who looks at it redrive all that died of the same, once its cause is mended', async () => {
    const { page, system } = stageOf();
    await system.setFaults('gcp', []);
    await page.getByRole('link', { name: 'All that died of the same' }).click();
    await page.getByRole('button', { name: 'Redrive what matches …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Redrive dead letters' });
    await dialog.getByText('3 deliveries match').waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Redrive 3 deliveries' }).click();
    await page.getByText('3 of 3 redriven').waitFor();
    await waitUntil(async () => (await system.deadLetters()) === 0, 'no dead letter is left');
    await page.getByText('No dead letter matches').waitFor();
  });

  it('shows a newcomer which server is slow', async () => {
    const { system } = stageOf();
    await system.setFaults('azure', [{ tool: 'card.charge', kind: 'delay', delayMs: SLOW_MS }]);
    const page = await begin();
    const servers = page.getByRole('region', { name: 'Servers' });
    const isFirst = async () => (await servers.getByRole('link').first().textContent()) === 'azure';
    await waitUntil(isFirst, 'the slow server comes first');
    await servers.getByRole('link', { name: 'azure' }).click();
    const tools = page.getByRole('region', { name: 'Tools' });
    // It was the slowest before, perhaps: what is slow about it shows once enough calls of the last minute were.
    await tools.getByRole('row', { name: /card\.charge.* [\d.]+ s/ }).waitFor({ timeout: 60_000 });
    await system.setFaults('azure', []);
  });

  it('lets a newcomer approve what an agent waits for, seeing who asks, why, and what exactly will be called', async () => {
    const page = await begin();
    await page
      .getByRole('region', { name: 'Waiting for you' })
      .getByRole('link', { name: /for a yes or no/ })
      .click();
    const card = page.getByRole('form', { name: /workload\.restart/ });
    await card.getByText('May the agent of triage-incident call azure/workload.restart?').waitFor();
    await card.getByText('"checkout"').waitFor();
    await card.getByText('The logs of checkout show that its connection pool is exhausted.').waitFor();
    await card.getByText('it called gcp/logs.search (done)').waitFor();
    await card.getByText('nobody knows who has sent it').waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'approve-agent');
    await card.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Approved: azure/workload.restart').waitFor();
    await page.getByRole('link', { name: 'see what becomes of it' }).click();
    const run = page.getByRole('region', { name: 'The agent’s run' });
    await run.getByText('"restarted"').waitFor();
    await run.getByRole('row', { name: /azure\/workload\.restart done a person said yes/ }).waitFor();
    await run.getByText(/3,660 in \(2,500 of them cached\), 175 out/).waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'agent-run');
  });
}
