import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectClient1, connectClient2 } from './clients.js';
import { type MockCloud, startMockCloud } from './mock-cloud.js';

const clouds = {} as Record<'aws' | 'gcp' | 'azure', MockCloud>;

beforeAll(async () => {
  for (const cloud of ['aws', 'gcp', 'azure'] as const) clouds[cloud] = await startMockCloud(cloud);
});

afterAll(async () => {
  for (const cloud of Object.values(clouds)) await cloud.dispose();
});

describe('aws', () => {
  it('speaks 2025-11-25 with the 1.x client', async () => {
    const client = await connectClient1(clouds.aws.mcpUrl);
    expect(client.protocolVersion).toBe('2025-11-25');
    const result = await client.call('risk.score', { eventId: 'aws-1', orderId: 'o-1', total: 120 });
    expect(result.structuredContent).toEqual(expect.objectContaining({ orderId: 'o-1', band: expect.any(String) }));
    await client.close();
  });

  it('speaks 2025-11-25 with the 2.x client, which would rather speak the newer revision', async () => {
    const client = await connectClient2(clouds.aws.mcpUrl, 'auto');
    expect(client.protocolVersion).toBe('2025-11-25');
    const result = await client.call('orders.lookup', { eventId: 'aws-2', orderId: 'o-2' });
    expect(result.isError).toBeUndefined();
    await client.close();
  });

  it('answers 404 to a session it does not have, and notes the call as stopped', async () => {
    const response = await fetch(clouds.aws.mcpUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': 'nobody',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'notify.email', arguments: { eventId: 'aws-3' } },
      }),
    });
    expect(response.status).toBe(404);
    expect(await clouds.aws.getJson('/witness?eventId=aws-3')).toEqual(
      expect.objectContaining({ requests: 1, stopped: 1, effects: 0 }),
    );
  });
});

describe('gcp', () => {
  it('speaks 2026-07-28 with the 2.x client', async () => {
    const client = await connectClient2(clouds.gcp.mcpUrl, 'auto');
    expect(client.protocolVersion).toBe('2026-07-28');
    const result = await client.call('stock.reserve', { eventId: 'gcp-1', orderId: 'o-1', sku: 'A', quantity: 3 });
    expect(result.structuredContent).toEqual(expect.objectContaining({ sku: 'A', quantity: 3, left: 999_997 }));
    await client.close();
  });

  it('refuses the 1.x client', async () => {
    await expect(connectClient1(clouds.gcp.mcpUrl)).rejects.toThrow(/-32022/);
  });

  it('refuses the 2.x client when that insists on the older revision', async () => {
    await expect(connectClient2(clouds.gcp.mcpUrl, 'legacy')).rejects.toThrow();
  });
});

describe('azure', () => {
  it('speaks both revisions on one endpoint', async () => {
    const older = await connectClient1(clouds.azure.mcpUrl);
    const newer = await connectClient2(clouds.azure.mcpUrl, 'auto');
    expect([older.protocolVersion, newer.protocolVersion]).toEqual(['2025-11-25', '2026-07-28']);
    await older.call('ticket.close', { eventId: 'azure-1', ticketId: 'T-1' });
    await newer.call('ticket.close', { eventId: 'azure-1', ticketId: 'T-1' });
    expect(await clouds.azure.getJson('/witness?eventId=azure-1')).toEqual(
      expect.objectContaining({ requests: 2, effects: 1 }),
    );
    await older.close();
    await newer.close();
  });

  it('declines a charge above 50,000 without an effect', async () => {
    const client = await connectClient2(clouds.azure.mcpUrl, 'auto');
    const result = await client.call('card.charge', { eventId: 'azure-2', orderId: 'o-2', total: 50_001 });
    expect(result.isError).toBe(true);
    expect(await clouds.azure.getJson('/witness?eventId=azure-2')).toEqual(
      expect.objectContaining({ requests: 1, effects: 0 }),
    );
    await client.close();
  });
});

describe('every cloud', () => {
  const effects = {
    aws: { tool: 'audit.write', args: { action: 'paid' } },
    gcp: { tool: 'stock.reserve', args: { orderId: 'o', sku: 'B' } },
    azure: { tool: 'card.charge', args: { orderId: 'o', total: 20 } },
  };

  it.each(['aws', 'gcp', 'azure'] as const)(
    'performs a repeated key once and answers the first answer: %s',
    async (name) => {
      const { tool, args } = effects[name];
      const client = await connectClient2(clouds[name].mcpUrl, 'auto');
      const call = { ...args, eventId: `${name}-key` };
      const first = await client.call(tool, call, { key: 'k-1' });
      const second = await client.call(tool, call, { key: 'k-1' });
      const other = await client.call(tool, { ...call, eventId: `${name}-other` }, { key: 'k-1' });
      expect(second.structuredContent).toEqual(first.structuredContent);
      expect(other.isError).toBe(true);
      expect(await clouds[name].getJson(`/witness?eventId=${name}-key`)).toEqual(
        expect.objectContaining({ requests: 2, effects: 1 }),
      );
      await client.close();
    },
  );

  it.each(['aws', 'gcp', 'azure'] as const)(
    'refuses a Host it does not know, but not for the probes: %s',
    async (name) => {
      const { request } = await import('node:http');
      const statusOf = (path: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const sent = request(new URL(path, clouds[name].url), { headers: { host: 'evil.example' } }, (response) => {
            response.resume();
            resolve(response.statusCode);
          });
          sent.once('error', reject).end();
        });
      expect(await statusOf('/mcp')).toBe(403);
      expect(await statusOf('/witness')).toBe(403);
      expect(await statusOf('/readyz')).toBe(200);
    },
  );

  it('answers unusable fault rules with pointers', async () => {
    const response = await fetch(new URL('/faults', clouds.aws.url), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ kind: 'delay' }, { kind: 'explode' }]),
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = (await response.json()) as { errors: { pointer: string }[] };
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(['/0/delayMs', '/1/kind']);
  });
});
