import { describe, expect, it } from '@jest/globals';
import { createSettler, openBlockingSource, readRecord } from '@millrace/stream-client';
import { append, ROUTE } from './open-test-operator.js';
import { operator, setStage } from './stage.js';

setStage();

const ASKED = { approval: { method: 'elicitation/create', params: { message: 'Sure?' } } };

/** Parks the delivery of a new event for this long. Resolves with the approval's id. */
async function park(eventId: string, delayMs = 60_000): Promise<string> {
  const { stream } = operator;
  await append(stream, eventId);
  const source = await openBlockingSource(stream, 'me', 50);
  const [entry] = await source.read(1);
  await source.close();
  if (entry === undefined) throw new Error('there is nothing to read');
  const asks = { attempt: 1, step: '0', server: 'aws', tool: 'refund', requests: ASKED, requestState: 'secret' };
  const detail = { version: 'v1', effects: [], asks };
  const outcomes = [{ route: ROUTE, state: 'parked', attempt: 1, detail, delayMs, unsent: 1 }] as const;
  await createSettler(stream, 'me').settle({ entry, routes: [ROUTE], outcomes });
  return `${entry.ref}.${ROUTE}`;
}

const answer = (id: string, responses: unknown) =>
  operator.app.inject({ method: 'POST', url: `/v1/approvals/${id}`, payload: { responses } as object });

const ACCEPT = { approval: { action: 'accept', content: { sure: true } } };

describe('GET /v1/approvals', () => {
  it('lists what is asked, soonest to expire first, page by page, and never the state of the server', async () => {
    const ids = [await park('late', 90_000), await park('soon', 30_000), await park('between', 60_000)];
    const first = await operator.app.inject('/v1/approvals?limit=2');
    const { items, next } = first.json() as { items: { id: string; asks: object }[]; next: string };
    expect(items.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
    expect(items[0]?.asks).toEqual({ step: '0', server: 'aws', tool: 'refund', requests: ASKED });
    const second = (await operator.app.inject(`/v1/approvals?limit=2&cursor=${next}`)).json() as { items: object[] };
    expect(second).toMatchObject({ items: [{ id: ids[0] }] });
    expect(first.body).not.toContain('secret');
  });

  it('shows one with its event, and answers 404 for one that does not wait', async () => {
    const id = await park('a');
    expect((await operator.app.inject(`/v1/approvals/${id}`)).json()).toMatchObject({ event: { id: 'a' } });
    expect((await operator.app.inject('/v1/approvals/0-1-1.none')).statusCode).toBe(404);
  });
});

describe('POST /v1/approvals/{id}', () => {
  it('hands the answer on, lists it among the acts, and is 404 the second time', async () => {
    const id = await park('a');
    const answered = await answer(id, ACCEPT);
    expect([answered.statusCode, answered.json()]).toMatchObject([202, { id, state: 'answered' }]);
    expect((await answer(id, ACCEPT)).statusCode).toBe(404);
    const { ref } = answered.json() as { ref: string };
    const [delivery] = (await readRecord(operator.stream, ref))?.deliveries ?? [];
    expect([delivery?.state, delivery?.input?.responses]).toEqual(['waiting', ACCEPT]);
    const acts = (await operator.app.inject('/v1/audit')).json() as { items: object[] };
    expect(acts.items[0]).toMatchObject({ action: 'approval.answer', target: id, note: 'approval: accept' });
  });

  it('is 409 for an answer to what it asked in another attempt, and it goes on waiting', async () => {
    const id = await park('a');
    const post = (attempt: number) =>
      operator.app.inject({ method: 'POST', url: `/v1/approvals/${id}`, payload: { responses: ACCEPT, attempt } });
    const stale = await post(2);
    expect([stale.statusCode, stale.json()]).toMatchObject([409, { code: 'APPROVAL_CHANGED' }]);
    const shown = (await operator.app.inject(`/v1/approvals/${id}`)).json() as { attempts: number };
    expect((await post(shown.attempts)).statusCode).toBe(202);
  });

  it.each([
    ['leaves a question open', {}],
    ['answers what is not asked', { ...ACCEPT, other: { action: 'accept' } }],
    ['has an action that there is not', { approval: { action: 'maybe' } }],
    ['is no answer', 'yes'],
  ])('refuses an answer that %s with 400, and it goes on waiting', async (_what, responses) => {
    const id = await park('a');
    expect((await answer(id, responses)).statusCode).toBe(400);
    expect((await operator.app.inject(`/v1/approvals/${id}`)).statusCode).toBe(200);
  });
});
