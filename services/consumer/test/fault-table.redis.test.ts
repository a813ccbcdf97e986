import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type CallOutcome, createToolCaller, type ToolCaller } from '@millrace/mcp-client';
import { readRecord, type Stream } from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { faultTable, type Row } from './fault-table.js';
import { anEvent, openTestStream, post, someRoutes, startConsuming } from './start-consuming.js';

const GUARANTEES = ['at-least-once', 'effectively-once', 'at-most-once'] as const;
const closing: (() => Promise<void>)[] = [];
let redis: RedisServer;
let stream: Stream;

beforeAll(async () => {
  redis = await startRedisServer();
  stream = await openTestStream(redis.url);
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(async () => {
  await stream.close();
  await redis.stop();
});

/** One route per guarantee, all to the one tool; whatever is retried waits for longer than the test looks. */
const routesTo = ({ timeout = '30s' }: Row) =>
  someRoutes(
    `routes:${GUARANTEES.map(
      (guarantee) => `
  - id: ${guarantee}
    on: { type: order.created }
    call: { server: shop, tool: echo }
    with: '{ "orderId": data.orderId }'
    timeout: ${timeout}
    retry: { attempts: 5, initial: 50m, max: 1h }
    delivery: ${guarantee}`,
    ).join('')}`,
    ['shop'],
  );

async function deliverTo(row: Row, id: string) {
  const server = await row.serve();
  closing.push(() => server.kill());
  const caller = createToolCaller([{ name: 'shop', url: server.url, privateAddresses: true, ...row.settings }]);
  closing.push(() => caller.close());
  const outcomes: CallOutcome[] = [];
  const witnessed: ToolCaller = {
    call: async (call, signal) => {
      const outcome = await caller.call(call, signal);
      outcomes.push(outcome);
      return outcome;
    },
  };
  const consumer = await startConsuming(stream, routesTo(row), witnessed);
  closing.push(() => consumer.stop());
  const ref = await post(stream, anEvent(id));
  const deliveries = await waitUntil(async () => {
    const record = await readRecord(stream, ref);
    const tried = record?.deliveries.filter(({ attempts }) => attempts === 1) ?? [];
    return tried.length === GUARANTEES.length && tried;
  }, 'every delivery has had its first attempt');
  return { outcomes, fates: GUARANTEES.map((id) => fateOf(deliveries.find(({ route }) => route === id))) };
}

function fateOf(delivery: { readonly state: string; readonly reason?: string } | undefined): string {
  return delivery?.state === 'dead' ? `dead: ${delivery.reason}` : String(delivery?.state);
}

describe('a route whose server misbehaves', () => {
  it.each(faultTable)('when $situation: $outcome; $fates', async (row) => {
    const { outcomes, fates } = await deliverTo(row, row.situation.replaceAll(' ', '-'));
    const classed = outcomes.map((outcome) =>
      outcome.kind === 'ok' ? 'ok' : `${outcome.error.code}, ${outcome.error.class}`,
    );
    expect(classed).toEqual([row.outcome, row.outcome, row.outcome]);
    expect(fates).toEqual(row.fates);
  });
});
