import { expect, it } from '@jest/globals';
import type { ConsoleStage } from './console-stage.ts';
import { postBatch } from './fill-retention.ts';
import { watchPage } from './page-watch.ts';

/** As many as the live flow is told of at a time. It shows the latest hundred. */
const ROWS = 40;
const FIRST_BATCHES = 4;
const MORE_BATCHES = 25;
/** Of rows that are all kept, with what they are drawn from, so many take twice as much. */
const MAX_GROWTH_MIB = 1.5;

/** What the live flow has shown and shows no more. */
export function letGoOfRows(stageOf: () => ConsoleStage): void {
  it('keeps nothing of rows that the live flow shows no more', async () => {
    const { page, system, url } = stageOf();
    const type = 'com.shop.shelf.counted';
    await page.goto(`${url}/live?type=${type}`);
    const takeFigures = await watchPage(page);
    await page.getByText('Waiting for something to happen').waitFor();
    const show = async (batch: number) => {
      const events = Array.from({ length: ROWS }, (_, at) => ({
        specversion: '1.0',
        id: `shelf-${batch}-${at}`,
        source: '/shop',
        type,
        subject: `shelf-${batch}-${at}`,
        data: {},
      }));
      await postBatch(system.producerUrl, events);
      await page.getByText(`shelf-${batch}-${ROWS - 1}`).waitFor();
    };
    let batch = 0;
    while (batch < FIRST_BATCHES) await show(batch++);
    const { heapMiB: before } = await takeFigures();
    while (batch < FIRST_BATCHES + MORE_BATCHES) await show(batch++);
    const { heapMiB: after } = await takeFigures();
    console.log(`${before} MiB before ${MORE_BATCHES * ROWS} rows more, ${after} after them`);
    expect(after - before).toBeLessThan(MAX_GROWTH_MIB);
  });
}
