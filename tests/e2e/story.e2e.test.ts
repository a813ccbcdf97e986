import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ServiceProcess, startService } from '../system/service-process.js';
import { System } from '../system/system.js';

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

describe('an incident that nobody understands', () => {
  it('is triaged by a model over the logs in one cloud, and its ticket is closed in another', async () => {
    const data = { service: 'checkout', ticketId: 'T-7' };
    const posted = await system.post({ type: 'com.ops.incident.escalated', id: 'escalated-1', data });
    const record = await system.untilState(posted.body.ref, 'done');
    const cause = 'The connection pool of checkout is exhausted.';
    expect(record.routes).toMatchObject([
      {
        id: 'triage-incident',
        result: {
          output: { cause, ticket: 'closed' },
          spent: { steps: 3, calls: 2 },
          calls: [
            { tool: 'gcp/logs.search', verdict: 'done' },
            { tool: 'aws/ticket.close', verdict: 'done' },
          ],
        },
      },
    ]);
    const triaged = await system.untilState(record.routes[0]?.followUps[0] ?? '', 'done');
    expect(triaged.event).toMatchObject({ type: 'com.ops.incident.triaged', data: { cause, ticket: 'closed' } });
    expect((await system.witnessed('gcp')).get('escalated-1')).toMatchObject({ requests: 1, effects: 0 });
    expect((await system.witnessed('aws')).get('escalated-1')).toMatchObject({ requests: 1, effects: 1 });
  });
});

describe('a process that is told to stop', () => {
  it('exits 0: consumer, operator, mock cloud, scripted model and producer', async () => {
    const processes = [...system.consumers, system.operator, ...system.clouds.values(), model, system.producer];
    expect(await Promise.all(processes.map((one) => one.stop()))).toEqual(processes.map(() => 0));
  });
});
