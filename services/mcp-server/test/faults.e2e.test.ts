import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { connectClient2, type TestClient } from './clients.js';
import { type MockCloud, startMockCloud } from './mock-cloud.js';

const EFFECTS = {
  aws: { tool: 'notify.email', args: { to: 'a@example.com', subject: 'hello' } },
  gcp: { tool: 'label.print', args: { orderId: 'o-1' } },
  azure: { tool: 'ticket.open', args: { title: 'disk full' } },
};

/** What the caller sees of each fault, and what the witness says afterwards. */
const FAULTS = [
  { rule: { kind: 'delay', delayMs: 50 }, seen: 'answer', stopped: 0, effects: 1 },
  { rule: { kind: 'error' }, seen: 'isError', stopped: 0, effects: 0 },
  { rule: { kind: 'http-error', status: 502 }, seen: 'failure', stopped: 1, effects: 0 },
  { rule: { kind: 'unavailable', retryAfterSeconds: 7 }, seen: 'failure', stopped: 1, effects: 0 },
  { rule: { kind: 'lose-session' }, seen: 'failure', stopped: 1, effects: 0 },
  { rule: { kind: 'cut-before-effect' }, seen: 'failure', stopped: 1, effects: 0 },
  { rule: { kind: 'cut-after-effect' }, seen: 'failure', stopped: 0, effects: 1 },
  { rule: { kind: 'hang' }, seen: 'failure', stopped: 1, effects: 0 },
  { rule: { kind: 'garbage' }, seen: 'failure', stopped: 0, effects: 1 },
  { rule: { kind: 'wrong-id' }, seen: 'failure', stopped: 0, effects: 1 },
  { rule: { kind: 'slow-drip', delayMs: 100 }, seen: 'answer', stopped: 0, effects: 1 },
] as const;

/** An answer is waited for as long as it takes; for one that does not come, a second is enough. */
async function outcomeOf(
  client: TestClient,
  tool: string,
  args: Record<string, unknown>,
  timeoutMs = 30_000,
): Promise<string> {
  try {
    return (await client.call(tool, args, { timeoutMs })).isError === true ? 'isError' : 'answer';
  } catch {
    return 'failure';
  }
}

describe.each(['aws', 'gcp', 'azure'] as const)('faults of %s', (name) => {
  const { tool, args } = EFFECTS[name];
  let cloud: MockCloud;
  let client: TestClient;

  beforeAll(async () => {
    cloud = await startMockCloud(name);
  });

  beforeEach(async () => {
    client = await connectClient2(cloud.mcpUrl, 'auto');
  });

  afterAll(() => cloud.dispose());

  it.each(FAULTS)('$rule.kind strikes as often as asked, and the witness tells what it did', async (fault) => {
    const eventId = `${fault.rule.kind}-1`;
    await cloud.setFaults([{ ...fault.rule, eventIdPrefix: eventId, times: 1 }]);
    const timeoutMs = fault.seen === 'failure' ? 1_000 : undefined;
    expect(await outcomeOf(client, tool, { ...args, eventId }, timeoutMs)).toBe(fault.seen);
    expect(await cloud.getJson(`/witness?eventId=${eventId}`)).toEqual(
      expect.objectContaining({ requests: 1, stopped: fault.stopped, effects: fault.effects }),
    );
    expect(await cloud.getJson('/faults')).toEqual([expect.objectContaining({ taken: 1 })]);
    await client.close();
    const next = await connectClient2(cloud.mcpUrl, 'auto');
    expect(await outcomeOf(next, tool, { ...args, eventId: 'unharmed' })).toBe('answer');
    await next.close();
  });

  it('performs the effect of a delayed call whose caller has left', async () => {
    await cloud.setFaults([{ kind: 'delay', delayMs: 1_500, times: 1 }]);
    expect(await outcomeOf(client, tool, { ...args, eventId: 'late' }, 1_000)).toBe('failure');
    await waitUntil(
      async () => (await cloud.getJson('/witness?eventId=late')).effects === 1,
      'the late effect is seen',
    );
    await client.close();
  });
});

describe('aws', () => {
  it('keeps answering 404 in a session lost by a fault, until the client opens another', async () => {
    const cloud = await startMockCloud('aws');
    const client = await connectClient2(cloud.mcpUrl, 'legacy');
    await cloud.setFaults([{ kind: 'lose-session', times: 1 }]);
    const call = { eventId: 'lost', ...EFFECTS.aws.args };
    await expect(client.call('notify.email', call)).rejects.toThrow(/404|Session not found/);
    await expect(client.call('notify.email', call)).rejects.toThrow(/404|Session not found/);
    const again = await connectClient2(cloud.mcpUrl, 'legacy');
    expect((await again.call('notify.email', call)).isError).toBeUndefined();
    expect(await cloud.getJson('/witness?eventId=lost')).toEqual(
      expect.objectContaining({ requests: 3, stopped: 2, effects: 1 }),
    );
    await client.close();
    await again.close();
    await cloud.dispose();
  });
});

describe('unavailable', () => {
  it('carries Retry-After in whole seconds', async () => {
    const cloud = await startMockCloud('gcp');
    await cloud.setFaults([{ kind: 'unavailable', retryAfterSeconds: 7 }]);
    const response = await fetch(cloud.mcpUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'stock.level' } }),
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
    await cloud.dispose();
  });
});
