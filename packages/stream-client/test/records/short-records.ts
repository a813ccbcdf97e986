import { expect } from '@jest/globals';
import {
  createEffectRecorder,
  createGroup,
  createSettler,
  type Entry,
  GROUP,
  openBlockingSource,
  type Stream,
} from '@millrace/stream-client';
import { appendAll } from '../open-test-stream.js';
import { stream } from '../stage.js';

export const ME = 'me';
export const ROUTE = 'r';
export const DETAIL = { version: 'v1', effects: [], result: { ok: 'Grüße\nund 2 j 5' } };

export async function readOne(on: Stream = stream): Promise<Entry> {
  const source = await openBlockingSource(on, ME, 50);
  const [entry] = await source.read(1);
  await source.close();
  if (entry?.kind !== 'entry') throw new Error('nothing was read');
  return entry;
}

export const done = (entry: Entry, route = ROUTE, routes = [ROUTE]) =>
  ({ entry, routes, outcomes: [{ route, state: 'done', attempt: 1, detail: DETAIL }] }) as const;

export const typeOf = (ref: string) => stream.redis.type(stream.keys.record(ref));

/** An event that is done, and has the shortest of records. */
export async function anEnd(on: Stream = stream): Promise<Entry> {
  await appendAll(on, [`event-${Math.random()}`]);
  const entry = await readOne(on);
  expect(await createSettler(on, ME).settle(done(entry))).toBe('settled');
  return entry;
}

export const SENT = { step: '0', state: 'sent', key: 'k', text: 'Grüße\nund 3 j 5' };
export const ANSWERED = { ...SENT, state: 'done', result: 'Grüße\nzurück' };

/** An event of which nothing is known but that its first effect is about to be sent. */
export async function aBeginning(on: Stream = stream): Promise<Entry> {
  await appendAll(on, [`event-${Math.random()}`]);
  const entry = await readOne(on);
  const effect = { route: ROUTE, step: '0', isStart: true, value: JSON.stringify(SENT) };
  expect(await createEffectRecorder(on, ME).record({ ...effect, entry })).toBe('recorded');
  return entry;
}

export const answered = (entry: Entry, step = '0') => {
  const effects = [{ step, value: JSON.stringify({ ...ANSWERED, step }) }];
  const outcome = { route: ROUTE, state: 'done', attempt: 1, detail: DETAIL, effects } as const;
  return { entry, routes: [ROUTE], outcomes: [outcome] };
};

/** An event that is done, with one effect that was recorded before it was sent. */
export async function anEndWithEffect(on: Stream = stream): Promise<Entry> {
  const entry = await aBeginning(on);
  expect(await createSettler(on, ME).settle(answered(entry))).toBe('settled');
  return entry;
}

/** The same entry, as it is read once more where the group was destroyed. */
export async function readAgain(): Promise<Entry> {
  await stream.redis.xgroup('DESTROY', stream.keys.events, GROUP);
  await createGroup(stream);
  return readOne();
}
