import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { ConsoleStage } from './console-stage.ts';
import { findHindrances } from './hindrances.ts';
import { DESKTOP, PHONE, takePicture } from './screens.ts';

/** Something that is opened on a screen, and lies over it or unfolds in it. */
interface Opened {
  readonly name: string;
  /** Of a screen; what is in braces stands for an event. */
  readonly path: string;
  readonly press: RegExp;
  /** What is open then. */
  readonly within: string;
}

const dialog = { within: 'dialog[open]' };
const OPENED: readonly Opened[] = [
  { ...dialog, name: 'send an event', path: '', press: /^Send an event …$/ },
  { ...dialog, name: 'keys', path: '', press: /^Keys/ },
  { ...dialog, name: 'redrive all', path: 'dead-letters', press: /^Redrive all …$/ },
  { ...dialog, name: 'give up all', path: 'dead-letters', press: /^Give up all …$/ },
  { ...dialog, name: 'pause a route', path: 'routes', press: /^Pause this route …$/ },
  { ...dialog, name: 'pause a server', path: 'servers', press: /^Pause this server …$/ },
  { ...dialog, name: 'mark done', path: 'events/{label}', press: /^Mark done …$/ },
  { ...dialog, name: 'give up', path: 'events/{label}', press: /^Give up …$/ },
  { ...dialog, name: 'replay', path: 'events/{order}', press: /^Replay …$/ },
  { ...dialog, name: 'edit and send', path: 'events/{order}', press: /^Edit and send …$/ },
  { ...dialog, name: 'have more partitions', path: 'system', press: /^Have more …$/ },
  { name: 'more conditions', path: 'events', press: /^More conditions$/, within: '.filters' },
  { name: 'more conditions of dead letters', path: 'dead-letters', press: /^More conditions$/, within: '.filters' },
  { name: 'the raw record', path: 'events/{order}', press: /^The whole record, raw$/, within: 'aside' },
];

/** Opens whatever opens, and looks at it. It needs the events that `refOf` tells the refs of, one of which has died. */
export function openEverything(stageOf: () => ConsoleStage, refOf: (name: string) => string): void {
  it.each(OPENED)('opens $name, hindering nobody, in light, in dark and on a phone', async (opened) => {
    const { page, url } = stageOf();
    await page.goto(`${url}/${opened.path.replace(/\{(\w+)\}/, (_, name: string) => refOf(name))}`);
    // A summary is no button to the browser's tree of roles.
    const press =
      opened.within === 'dialog[open]'
        ? page.getByRole('button', { name: opened.press })
        : page.getByText(opened.press);
    await press.first().click();
    const { within } = opened;
    await page.locator(within).first().waitFor();
    await look(page, opened.name.replaceAll(' ', '-'), within);
  });

  it('opens the navigation on a phone, hindering nobody, and closes it again with a step or a press beside it', async () => {
    const { page, url } = stageOf();
    await page.setViewportSize(PHONE);
    await page.goto(url);
    await page.getByRole('button', { name: 'Screens' }).click();
    const navigation = page.getByRole('navigation', { name: 'Screens' });
    await navigation.getByRole('link', { name: 'Dead letters' }).waitFor();
    expect(await findHindrances(page)).toEqual([]);
    await takePicture(page, 'navigation-phone');
    await navigation.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('heading', { name: 'Events' }).waitFor();
    await navigation.getByRole('link', { name: 'Events' }).waitFor({ state: 'hidden' });
    await page.setViewportSize(DESKTOP);
  });
}

async function look(page: Page, name: string, within: string): Promise<void> {
  await takePicture(page, name);
  expect(await findHindrances(page, { within })).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  // The colours alone are others in the dark.
  expect(await findHindrances(page, { within, rules: ['color-contrast'] })).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(PHONE);
  expect(await findHindrances(page, { within })).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
  await takePicture(page, `${name}-phone`);
  await page.setViewportSize(DESKTOP);
}
