import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { type ServiceProcess, startService } from '../system/service-process.js';
import { System } from '../system/system.js';

interface AskedApproval {
  readonly id: string;
  readonly ref: string;
  readonly asks: object;
}

let model: ServiceProcess;
let system: System;

beforeAll(async () => {
  model = await startService('model-script', {
    MODEL_SCRIPT_PORT: '0',
    MODEL_SCRIPTS: 'config/scripted-model.yaml',
  });
  system = await System.start(2, { env: { MODEL_URL: `${model.url}/v1` } });
});

afterAll(async () => {
  await system?.stop();
  await model?.stop();
});

const order = { orderId: 'o-1', sku: 'mug', quantity: 2, total: 42.5, email: 'ada@shop.example' };

describe('an order', () => {
  it('is scored, reserved, charged and confirmed in three clouds, each step caused by the one before', async () => {
    const posted = await system.post({ type: 'com.shop.order.created', id: 'order-1', data: order });
    expect(posted).toMatchObject({ status: 202, body: { id: 'order-1', duplicate: false } });

    const steps: string[] = [];
    const ids: string[] = [];
    for (let ref: string | undefined = posted.body.ref; ref !== undefined; ) {
      const record = await system.untilState(ref, 'done');
      const [delivery] = record.routes;
      steps.push(`${String(record.event.type)} → ${delivery?.id}`);
      ids.push(String(record.event.id));
      if (ids.length > 1) expect(record.event).toMatchObject({ causationid: ids.at(-2), correlationid: 'order-1' });
      ref = delivery?.followUps[0];
    }
    expect(steps).toEqual([
      'com.shop.order.created → score-order',
      'com.shop.order.scored → reserve-stock',
      'com.shop.order.reserved → charge-card',
      'com.shop.order.charged → confirm-order',
    ]);

    const [aws, gcp, azure] = await Promise.all([
      system.witnessed('aws'),
      system.witnessed('gcp'),
      system.witnessed('azure'),
    ]);
    expect(aws.get(ids[0] ?? '')).toMatchObject({ requests: 1, effects: 0 });
    expect(gcp.get(ids[1] ?? '')).toMatchObject({ requests: 1, effects: 1 });
    expect(azure.get(ids[2] ?? '')).toMatchObject({ requests: 1, effects: 1 });
    expect(aws.get(ids[3] ?? '')).toMatchObject({ requests: 1, effects: 1 });
  });

  it('is taken once, however often it is posted', async () => {
    const event = { type: 'com.shop.order.charged', id: 'again', data: { ...order, chargeId: 'ch-1' } };
    const first = await system.post(event);
    const second = await system.post(event);
    expect(second).toMatchObject({ status: 202, body: { ref: first.body.ref, duplicate: true } });
    await system.untilState(first.body.ref, 'done');
    expect((await system.witnessed('aws')).get('again')).toMatchObject({ requests: 1, effects: 1 });
  });
});

describe('an incident', () => {
  it('opens a ticket and collects logs, each delivery with its own result', async () => {
    const data = { title: 'checkout is slow', severity: 'high', service: 'checkout' };
    const posted = await system.post({ type: 'com.ops.incident.opened', id: 'incident-1', data });
    const record = await system.untilState(posted.body.ref, 'done');
    expect(record.routes).toMatchObject([
      { id: 'open-ticket', state: 'done', result: { severity: 'high' } },
      { id: 'collect-logs', state: 'done', result: { lines: expect.any(Array) } },
    ]);
  });
});

describe('an incident that is resolved', () => {
  it('is closed by a TypeScript handler: it counts the logs in one cloud and notes it in another, once', async () => {
    const data = { service: 'checkout', resolution: 'more connections' };
    const posted = await system.post({ type: 'com.ops.incident.resolved', id: 'resolved-1', data });
    const record = await system.untilState(posted.body.ref, 'done');
    const lines = Number(record.routes[0]?.result?.lines);
    expect(record.routes).toMatchObject([{ id: 'close-incident', result: { service: 'checkout', lines } }]);
    // A review is asked for where it was a lot.
    expect(record.routes[0]?.followUps).toHaveLength(lines > 20 ? 1 : 0);
    expect((await system.witnessed('gcp')).get('resolved-1')).toMatchObject({ requests: 1, effects: 0 });
    expect((await system.witnessed('aws')).get('resolved-1')).toMatchObject({ requests: 1, effects: 1 });
  });
});

describe('an incident that nobody understands', () => {
  const cause = 'The connection pool of checkout is exhausted.';

  async function escalate(id: string) {
    const data = { service: 'checkout', ticketId: 'T-7' };
    const { body } = await system.post({ type: 'com.ops.incident.escalated', id, data });
    return body.ref;
  }

  async function untilAsked(ref: string): Promise<AskedApproval> {
    return waitUntil(async () => {
      const answer = await fetch(`${system.operator.url}/v1/approvals`);
      const { items } = (await answer.json()) as { items: readonly AskedApproval[] };
      return items.find((one) => one.ref === ref);
    }, 'somebody is asked');
  }

  async function answer(id: string, response: object): Promise<number> {
    const body = JSON.stringify({ responses: { approval: response } });
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${system.operator.url}/v1/approvals/${id}`, { method: 'POST', headers, body })).status;
  }

  it('is triaged over logs in one cloud; the restart in another waits for a person, over a restart of everything; the ticket is closed in the third', async () => {
    const ref = await escalate('escalated-1');
    const { id, asks } = await untilAsked(ref);
    const args = { eventId: 'escalated-1', workload: 'checkout' };
    expect(asks).toMatchObject({ server: 'azure', tool: 'workload.restart', arguments: args });
    expect((await system.witnessed('azure')).has('escalated-1')).toBe(false);

    await Promise.all([...system.consumers, system.operator, system.producer].map((one) => one.stop()));
    await Promise.all([system.startProducer(), system.startOperator(), system.startConsumer()]);
    expect([await answer(id, { action: 'accept' }), await answer(id, { action: 'accept' })]).toEqual([202, 404]);

    const record = await system.untilState(ref, 'done');
    expect(record.routes).toMatchObject([
      {
        id: 'triage-incident',
        result: {
          output: { cause, restarted: true, ticket: 'closed' },
          spent: { steps: 4, calls: 3 },
          calls: [
            { tool: 'gcp/logs.search', verdict: 'done' },
            { tool: 'azure/workload.restart', verdict: 'done', isApproved: true },
            { tool: 'aws/ticket.close', verdict: 'done' },
          ],
        },
      },
    ]);
    const triaged = await system.untilState(record.routes[0]?.followUps[0] ?? '', 'done');
    expect(triaged.event).toMatchObject({ type: 'com.ops.incident.triaged', data: { cause, ticket: 'closed' } });
    expect((await system.witnessed('gcp')).get('escalated-1')).toMatchObject({ requests: 1, effects: 0 });
    expect((await system.witnessed('azure')).get('escalated-1')).toMatchObject({ requests: 1, effects: 1 });
    expect((await system.witnessed('aws')).get('escalated-1')).toMatchObject({ requests: 1, effects: 1 });
  });

  it('keeps its ticket open when the person says no', async () => {
    const ref = await escalate('escalated-2');
    const { id } = await untilAsked(ref);
    expect(await answer(id, { action: 'decline', content: { reason: 'not during the sale' } })).toBe(202);
    const record = await system.untilState(ref, 'done');
    expect(record.routes).toMatchObject([{ result: { output: { cause, restarted: false, ticket: 'open' } } }]);
    expect((await system.witnessed('azure')).has('escalated-2')).toBe(false);
    expect((await system.witnessed('aws')).has('escalated-2')).toBe(false);
  });
});

describe('a process that is told to stop', () => {
  it('exits 0: consumer, operator, mock cloud, scripted model and producer', async () => {
    const processes = [...system.runningConsumers, system.operator, ...system.clouds.values(), model, system.producer];
    expect(await Promise.all(processes.map((one) => one.stop()))).toEqual(processes.map(() => 0));
  });
});
