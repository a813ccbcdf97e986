import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { settingsFor, startCommand } from '../system/command.js';
import { System } from '../system/system.js';

/** The tool asks before it refunds more than 100. */
const ROUTES = `
routes:
  - id: refund
    on: { type: com.test.refund }
    call: { server: azure, tool: card.refund }
    with: '{ "eventId": id, "orderId": id, "total": data.total }'
    delivery: effectively-once
    idempotency: key
    retry: { attempts: 1 }
    timeout: 10s
`;

let system: System;

beforeAll(async () => {
  system = await System.start(2, { config: { 'routes.yaml': ROUTES } });
});

afterAll(async () => {
  await system.stop();
});

const millrace = (...args: readonly string[]) => startCommand(args, settingsFor(system)).ended;

/** Posts a refund that somebody has to decide about. Resolves with its ref and the id of its approval, once it is parked. */
async function askAbout(id: string) {
  const { body } = await system.post({ type: 'com.test.refund', id, data: { total: 250 } });
  await waitUntil(async () => (await system.record(body.ref)).routes[0]?.state === 'parked', `${id} is parked`);
  return { ref: body.ref, approval: `${body.ref}.refund` };
}

async function replaceConsumers(env: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const consumer of system.consumers.splice(0)) await consumer.kill();
  await system.startConsumer(env);
}

const witnessed = async (id: string) => (await system.witnessed('azure')).get(id);

describe('a tool that asks before it acts', () => {
  it('is answered on the command line after every consumer was killed, and acts once', async () => {
    const { ref, approval } = await askAbout('approved');
    expect(await witnessed('approved')).toMatchObject({ requests: 1, effects: 0 });
    const { code, out } = await millrace('approvals', 'list');
    expect([code, out]).toEqual([0, expect.stringContaining(approval)]);
    expect(out).toContain('card.refund');
    expect(out).toContain('Refund 250 EUR for order approved?');
    await replaceConsumers();
    expect(await millrace('approvals', 'answer', approval, '--accept', '{"approve": true}')).toMatchObject({ code: 0 });
    const record = await system.untilState(ref, 'done');
    expect(record.routes[0]?.result).toMatchObject({ total: 250 });
    expect(await witnessed('approved')).toMatchObject({ requests: 2, effects: 1 });
    // Whoever comes second is told so.
    expect(await millrace('approvals', 'answer', approval, '--decline')).toMatchObject({
      code: 1,
      notes: expect.stringContaining('APPROVAL_NOT_FOUND'),
    });
  });

  it('is told that it was declined, does nothing, and its delivery ends as the tool says', async () => {
    const { ref, approval } = await askAbout('declined');
    expect((await millrace('approvals', 'answer', approval, '--decline')).code).toBe(0);
    const record = await system.untilState(ref, 'dead');
    expect(record.routes[0]?.error).toMatchObject({
      code: 'TOOL_REPORTED_ERROR',
      message: expect.stringContaining('was not approved'),
    });
    expect(await witnessed('declined')).toMatchObject({ effects: 0 });
  });

  it('does not ask about what it may do', async () => {
    const { body } = await system.post({ type: 'com.test.refund', id: 'small', data: { total: 20 } });
    await system.untilState(body.ref, 'done');
    expect(await witnessed('small')).toMatchObject({ requests: 1, effects: 1 });
  });

  it.each([
    ['neither accepts nor declines', []],
    ['does both', ['--accept', '--decline']],
    ['is not JSON', ['--accept', '{no']],
  ])('goes on waiting for an answer that %s', async (what, options) => {
    const { ref, approval } = await askAbout(`wrong-${what.replaceAll(' ', '-')}`);
    expect((await millrace('approvals', 'answer', approval, ...options)).code).toBe(3);
    expect((await system.record(ref)).routes[0]?.state).toBe('parked');
  });

  it('is not asked again once nobody has answered in time: expired, which is neither declined nor dead', async () => {
    await replaceConsumers({ MILLRACE_MAX_PARKED_MS: '1000' });
    const { ref } = (await system.post({ type: 'com.test.refund', id: 'expired', data: { total: 250 } })).body;
    const record = await system.untilState(ref, 'expired');
    expect(record.routes).toMatchObject([{ state: 'expired', reason: 'approval-expired' }]);
    expect(await witnessed('expired')).toMatchObject({ requests: 1, effects: 0 });
    expect((await millrace('approvals', 'answer', `${ref}.refund`, '--accept', '{"approve": true}')).code).toBe(1);
  });
});
