import { describe, expect, it } from '@jest/globals';
import { identityOf } from '@millrace/events';
import {
  createSettler,
  discardDeadLetter,
  getDeadLetter,
  readRecord,
  redriveDeadLetter,
  resolveDeadLetter,
  sampleStream,
} from '@millrace/stream-client';
import { aDeadLetter, anUndecodableDeadLetter, readNew } from '../a-dead-letter.js';
import { appendAll } from '../open-test-stream.js';
import { setStage, stream } from '../stage.js';

setStage();

const refOf = (id: string) => id.slice(0, id.indexOf('.'));
const lifetimeOf = (ref: string) => stream.redis.pttl(stream.keys.record(ref));

describe('resolveDeadLetter', () => {
  it('turns a dead delivery into a done one that says what it was dead of, and gives the event its lifetimes', async () => {
    const id = await aDeadLetter(stream, 'a', { reason: 'outcome-unknown' });
    const letter = await resolveDeadLetter(stream, id, { result: { ok: [1.5, 'é'] }, note: 'seen' });
    expect(letter).toMatchObject({ id, delivery: { reason: 'outcome-unknown' } });
    const record = await readRecord(stream, refOf(id));
    expect(record).toMatchObject({
      state: 'done',
      finishedAt: expect.any(Date),
      deliveries: [
        {
          state: 'done',
          attempts: 1,
          starts: 1,
          result: { ok: [1.5, 'é'] },
          resolvedFrom: 'outcome-unknown',
          note: 'seen',
        },
      ],
    });
    expect(record?.deliveries[0]).toMatchObject({ error: { code: 'TOOL_TIMEOUT' }, effects: [] });
    expect(record?.deliveries[0]).not.toHaveProperty('reason');
    expect(await lifetimeOf(refOf(id))).toBeGreaterThan(0);
    const identity = identityOf(letter?.event ?? { source: '', id: '' });
    expect(await stream.redis.pttl(stream.keys.identity(identity))).toBeGreaterThan(0);
    expect(await sampleStream(stream)).toMatchObject({ deadLetters: 0, backlog: 0 });
  });

  it('resolves a letter one time, and none that was redriven or given up', async () => {
    const [resolved, redriven, discarded] = [
      await aDeadLetter(stream, 'a'),
      await aDeadLetter(stream, 'b'),
      await aDeadLetter(stream, 'c'),
    ];
    expect(await resolveDeadLetter(stream, resolved)).toBeDefined();
    await redriveDeadLetter(stream, redriven);
    await discardDeadLetter(stream, discarded);
    for (const id of [resolved, redriven, discarded, 'nonsense', '0-1-1.other']) {
      expect(await resolveDeadLetter(stream, id)).toBeUndefined();
    }
    expect((await readRecord(stream, refOf(redriven)))?.state).toBe('open');
    expect((await readRecord(stream, refOf(discarded)))?.state).toBe('dead');
  });

  it('tells one of two callers who come at once that it is gone', async () => {
    const id = await aDeadLetter(stream, 'a');
    const answers = await Promise.all([resolveDeadLetter(stream, id), resolveDeadLetter(stream, id)]);
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
    expect(await readRecord(stream, refOf(id))).toMatchObject({ state: 'done' });
  });

  it('resolves an entry that could not be decoded', async () => {
    const id = await anUndecodableDeadLetter(stream);
    await resolveDeadLetter(stream, id);
    expect(await readRecord(stream, refOf(id))).toMatchObject({ state: 'done' });
    expect(await lifetimeOf(refOf(id))).toBeGreaterThan(0);
  });

  it('keeps the record for as long as another delivery of the event is dead or open', async () => {
    const [ref = ''] = await appendAll(stream, ['a']);
    const [entry] = await readNew(stream, 1);
    if (entry === undefined) throw new Error('there is nothing to read');
    const settler = createSettler(stream, 'me');
    const routes = ['one', 'two', 'three', 'four'];
    const detail = { version: 'v1', effects: [], reason: 'refused' };
    const dead = (route: string) => ({ route, state: 'dead', attempt: 1, detail }) as const;
    await settler.settle({ entry, routes, outcomes: [dead('one'), dead('two'), dead('four')] });
    await resolveDeadLetter(stream, `${ref}.one`);
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'open' });
    expect(await readRecord(stream, ref)).not.toHaveProperty('finishedAt');
    expect(await lifetimeOf(ref)).toBe(-1);
    const done = { route: 'three', state: 'done', attempt: 1, detail: { version: 'v1', effects: [] } } as const;
    await settler.settle({ entry, routes, outcomes: [done] });
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'dead' });
    expect(await lifetimeOf(ref)).toBe(-1);
    expect(await getDeadLetter(stream, `${ref}.two`)).toBeDefined();
    await resolveDeadLetter(stream, `${ref}.two`);
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'dead' });
    expect(await lifetimeOf(ref)).toBe(-1);
    await resolveDeadLetter(stream, `${ref}.four`);
    expect(await readRecord(stream, ref)).toMatchObject({ state: 'done' });
    expect(await lifetimeOf(ref)).toBeGreaterThan(0);
  });
});
