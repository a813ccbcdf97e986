import { expect, it } from '@jest/globals';
import type { ConsoleStage } from './console-stage.ts';
import { findHindrances } from './hindrances.ts';
import { takePicture } from './screens.ts';

/** What an agent remembers, looked at and forgotten. */
export function lookAtMemory(stageOf: () => ConsoleStage): void {
  it('shows what an agent remembers of a context, and forgets it', async () => {
    const { page, system, url } = stageOf();
    const event = { type: 'com.shop.question.asked', source: '/shop', subject: 'ann', data: { question: 'When?' } };
    await system.untilState((await system.post(event)).body.ref, 'done');
    await page.goto(url);
    await page.getByRole('navigation').getByRole('link', { name: 'Memory' }).click();
    await page.getByRole('link', { name: 'ann' }).click();
    await page.getByText('1 event in all').waitFor();
    await page.getByRole('region', { name: 'The last events' }).getByText('We open at nine.').waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'memory-of-one');
    await page.getByRole('button', { name: 'Forget it …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Forget what is remembered here' });
    expect(await findHindrances(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Forget it' }).click();
    await page.getByText('No agent remembers anything').waitFor();
  });
}
