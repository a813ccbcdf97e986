import { hash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type ServiceProcess, startService } from '../system/service-process.ts';
import type { ConsoleStage } from './console-stage.ts';
import { openScreen, SCREENS, type ScreenSeen } from './screens.ts';

/** What can be pressed and changes nothing, by the words on it. Whatever else a screen shows to who may only look is too much. */
const HARMLESS = [
  /^(Skip to the screen|Screens|As the system|Light|Dark|Keys \(\?\)|Forget key)$/,
  /^(Copy|Copy ref|Copy as curl)$/,
  /^(Pause|Go on|Clear|Try it)$/,
  /^Show (more|the latest|the changes|.* new)$/,
];

/** Screens on which there is all of `STEERING`. */
const STEERED = ['event', 'parked-event', 'server', 'context', 'dead-letters', 'approvals', 'servers'];

/** What changes something, as who may steer finds it. */
const STEERING = [
  'Send an event …',
  'Redrive',
  'Redrive all …',
  'Give up all …',
  'Mark done …',
  'Give up …',
  'Replay …',
  'Edit and send …',
  'Approve',
  'Deny',
  'Cancel this delivery',
  'Pause this route …',
  'Pause this server …',
  'Resume',
  'Forget it …',
];

const digestOf = (key: string) => hash('sha256', key, 'hex');
const KEYS = `keys:
  - { name: wall-screen, role: viewer, sha256: "${digestOf('looks')}" }
  - { name: night-shift, role: operator, sha256: "${digestOf('steers')}" }`;

/** Operators with keys in front of the system. They need an event that died along `print-label`, and a refund that is parked. */
export function comeWithKeys(stageOf: () => ConsoleStage, refOf: (name: string) => string): void {
  const startOperator = (env: Readonly<Record<string, string>>) =>
    startService('operator', { REDIS_URL: stageOf().system.redisServer.url, OPERATOR_PORT: '0', ...env });

  const leave = async (operator: ServiceProcess) => {
    const stage = stageOf();
    const { page } = stage;
    await page.evaluate('sessionStorage.clear()');
    await page.goto('about:blank');
    await operator.kill();
    // The browser tells of each refusal that it saw.
    for (const complaint of stage.takeComplaints()) expect(complaint).toContain('401');
  };

  it('asks for the key of an operator that has one, and shows nothing under another', async () => {
    const { page } = stageOf();
    const operator = await startOperator({ MILLRACE_OPERATOR_KEY: 'the-right-one' });
    await page.goto(`${operator.url}/consumers`);
    await giveKey(page, 'a-wrong-one');
    await page.getByText('The key was not accepted').waitFor();
    await giveKey(page, 'the-right-one');
    await page.getByRole('table').getByText('alive').first().waitFor();
    await leave(operator);
  });

  it('lets somebody who may only look see every screen, and shows them nothing to press that would be refused', async () => {
    const { page } = stageOf();
    const operator = await startOperator({ MILLRACE_OPERATOR_KEYS: KEYS });
    const ask = (method: string, path: string) => askAs('steers', operator, method, path);
    const context = await rememberSomething(stageOf(), ask);
    await ask('POST', '/v1/servers/desk/pause');
    const screens: readonly ScreenSeen[] = [
      { path: `events/${refOf('label')}`, name: 'event', shows: 'Given up: attempts-exhausted' },
      { path: `events/${refOf('refund')}`, name: 'parked-event', shows: 'wants an answer' },
      { path: 'servers/aws', name: 'server', shows: 'risk.score' },
      { path: `contexts/${encodeURIComponent(context)}`, name: 'context', shows: '1 event in all' },
      ...SCREENS.map((screen) => (screen.path === 'contexts' ? { ...screen, shows: 'bea' } : screen)),
    ];
    const looked = await walkScreens(page, operator.url, 'looks', screens);
    expect(looked.filter((name) => !HARMLESS.some((words) => words.test(name)))).toEqual([]);
    const some = screens.filter(({ name }) => STEERED.includes(name));
    const steered = await walkScreens(page, operator.url, 'steers', some);
    expect(STEERING.filter((name) => !steered.includes(name))).toEqual([]);
    await ask('POST', '/v1/servers/desk/resume');
    await ask('DELETE', `/v1/contexts/${encodeURIComponent(context)}`);
    await leave(operator);
  });
}

async function giveKey(page: Page, key: string): Promise<void> {
  await page.getByLabel('Key').fill(key);
  await page.getByRole('button', { name: 'Open the console' }).click();
}

/** Goes through screens with a key, and resolves with the words on everything that can be pressed there. */
async function walkScreens(
  page: Page,
  url: string,
  key: 'looks' | 'steers',
  screens: readonly ScreenSeen[],
): Promise<readonly string[]> {
  await page.goto(url);
  await page.evaluate('sessionStorage.clear()');
  await page.goto(url);
  await giveKey(page, key);
  const words = new Set<string>();
  for (const screen of screens) {
    await openScreen(page, url, screen);
    // Who somebody is has been told by then, and the screen shows what they may.
    if (key === 'looks') await page.getByText('view only').waitFor();
    else await page.getByRole('button', { name: 'Send an event …' }).waitFor();
    for (const one of await page.evaluate<readonly string[]>(WORDS)) words.add(one);
  }
  return [...words];
}

/** Runs in the page: what stands on its buttons, for eyes or for ears. */
const WORDS = `[...document.querySelectorAll('button, [role="button"]')]
  .filter((button) => button.checkVisibility())
  .map((button) => button.getAttribute('aria-label') ?? button.textContent.trim())`;

type Ask = (method: string, path: string) => Promise<Response>;

async function askAs(key: string, { url }: ServiceProcess, method: string, path: string): Promise<Response> {
  const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
  return response;
}

/** Has an agent remember something, and resolves with the id of the context. */
async function rememberSomething({ system }: ConsoleStage, ask: Ask): Promise<string> {
  const event = { type: 'com.shop.question.asked', source: '/shop', subject: 'bea', data: { question: 'When?' } };
  await system.untilState((await system.post(event)).body.ref, 'done');
  const { items } = (await (await ask('GET', '/v1/contexts')).json()) as { items: readonly { id: string }[] };
  return items[0]?.id ?? '';
}
