import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { type CollectedSpan, type Collector, startCollector } from '../system/collector.js';
import { System } from '../system/system.js';

let collector: Collector;
let system: System;

const SETTINGS = {
  OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=sesame',
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
};

beforeAll(async () => {
  collector = await startCollector();
  const modelScripts = fileURLToPath(new URL('../../config/scripted-model.yaml', import.meta.url));
  system = await System.start(2, { modelScripts, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...SETTINGS } });
});

afterAll(async () => {
  await system.stop();
  await collector.close();
});

/** A caller's own trace: what it says in its header. */
function aTrace(traceId: string, flags = '01') {
  return { traceId, spanId: 'b7ad6b7169203331', header: { traceparent: `00-${traceId}-b7ad6b7169203331-${flags}` } };
}

async function post(event: unknown, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${system.producerUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(event),
  });
  return ((await answer.json()) as { ref: string }).ref;
}

function spansOf(traceId: string): readonly CollectedSpan[] {
  return collector.spans.filter((span) => span.traceId === traceId);
}

/** `name, service, its children`, by name. */
function treeBelow(parentSpanId: string, spans: readonly CollectedSpan[]): unknown[] {
  const own = spans.filter((span) => span.parentSpanId === parentSpanId);
  const named = own.map((span) => [`${span.service}: ${span.name}`, ...treeBelow(span.spanId, spans)]);
  return named.sort((a, b) => String(a[0]).localeCompare(String(b[0])));
}

const SETTLE = ['millrace-consumer: settle'];
const calls = (cloud: string, tool: string) => [
  `millrace-consumer: tools/call ${tool}`,
  [`millrace-mcp-${cloud}: tools/call ${tool}`],
];

describe('a trace', () => {
  it('goes from the post through the stream, each attempt, its call, the cloud, the settlement, and every follow-up', async () => {
    const caller = aTrace('0af7651916cd43dd8448eb211c80319c');
    const data = { orderId: '1', total: 20, sku: 'x', quantity: 1 };
    await post({ type: 'com.shop.order.created', data }, caller.header);
    await waitUntil(() => spansOf(caller.traceId).length >= 18, 'all spans have come');
    expect(treeBelow(caller.spanId, spansOf(caller.traceId))).toEqual([
      [
        'millrace-producer: POST /v1/events',
        [
          'millrace-producer: send events',
          [
            'millrace-consumer: process score-order',
            [
              'millrace-consumer: process reserve-stock',
              [
                'millrace-consumer: process charge-card',
                ['millrace-consumer: process confirm-order', SETTLE, calls('aws', 'notify.email')],
                SETTLE,
                calls('azure', 'card.charge'),
              ],
              SETTLE,
              calls('gcp', 'stock.reserve'),
            ],
            SETTLE,
            calls('aws', 'risk.score'),
          ],
        ],
      ],
    ]);
    expect(new Set(spansOf(caller.traceId).map(({ hasFailed }) => hasFailed))).toEqual(new Set([false]));
  });

  it('has every attempt at a delivery as a span of its own, linked to the event, and says why one failed', async () => {
    await system.setFaults('azure', [{ kind: 'error', tool: 'ticket.open', times: 1 }]);
    const caller = aTrace('1af7651916cd43dd8448eb211c80319c');
    const data = { title: 't', severity: 'low', service: 'shop' };
    const ref = await post({ type: 'com.ops.incident.opened', data }, caller.header);
    await system.untilState(ref, 'done');
    const attempts = () => spansOf(caller.traceId).filter(({ name }) => name === 'process open-ticket');
    const sending = () => spansOf(caller.traceId).filter(({ name }) => name === 'send events');
    const failures = () =>
      spansOf(caller.traceId).filter(({ attributes }) => attributes['error.type'] === 'tool_error');
    await waitUntil(() => attempts().length === 2, 'both attempts have come');
    await waitUntil(() => sending().length === 1 && failures().length === 2, 'so have the spans of other processes');
    const [sent] = sending();
    const shown = attempts().map(({ links, parentSpanId, attributes, hasFailed }) => ({
      links,
      parentSpanId,
      attempt: Number(attributes['millrace.attempt']),
      outcome: attributes['millrace.outcome'],
      hasFailed,
    }));
    const common = { links: [sent?.spanId], parentSpanId: sent?.spanId };
    expect(shown.sort((a, b) => a.attempt - b.attempt)).toEqual([
      { ...common, attempt: 1, outcome: 'retrying', hasFailed: true },
      { ...common, attempt: 2, outcome: 'done', hasFailed: false },
    ]);
    expect(
      failures()
        .map(({ service }) => service)
        .sort(),
    ).toEqual(['millrace-consumer', 'millrace-mcp-azure']);
  });

  it('of an agent has each question to its model beside the calls that the model asked for, with what it took', async () => {
    const caller = aTrace('5af7651916cd43dd8448eb211c80319c');
    const ref = await post({ type: 'dev.millrace.verify.agent', data: {} }, caller.header);
    await system.untilState(ref, 'done');
    const below = () => {
      const [attempt] = spansOf(caller.traceId).filter(({ name }) => name === 'process verify-agent');
      return spansOf(caller.traceId).filter(({ parentSpanId }) => parentSpanId === attempt?.spanId);
    };
    await waitUntil(() => below().length === 6, 'its spans have come');
    const chats = below().filter(({ name }) => name === 'chat scripted');
    expect(
      below()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      ...['chat scripted', 'chat scripted', 'chat scripted', 'settle'],
      ...['tools/call audit.write', 'tools/call stock.reserve'],
    ]);
    expect(chats.map(({ attributes }) => attributes)).toEqual(
      chats.map(() =>
        expect.objectContaining({
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'scripted',
          'gen_ai.usage.input_tokens': expect.anything(),
          'gen_ai.usage.output_tokens': expect.anything(),
        }),
      ),
    );
  });

  it('that the event itself names is gone on with, and the event stays as it was sent', async () => {
    const named = aTrace('2af7651916cd43dd8448eb211c80319c');
    const ref = await post({ type: 'dev.millrace.verify.at-least-once', data: {}, ...named.header });
    await waitUntil(() => spansOf(named.traceId).length >= 5, 'its spans have come');
    const names = spansOf(named.traceId)
      .filter(({ parentSpanId }) => parentSpanId === named.spanId)
      .map(({ name }) => name);
    expect(names.sort()).toEqual(['process verify-at-least-once', 'send events']);
    expect((await system.record(ref)).event).toMatchObject(named.header);
  });

  it('that its caller does not keep is not kept here', async () => {
    const dropped = aTrace('3af7651916cd43dd8448eb211c80319c', '00');
    const ref = await post({ type: 'dev.millrace.verify.at-least-once', data: {} }, dropped.header);
    await system.untilState(ref, 'done');
    const after = aTrace('4af7651916cd43dd8448eb211c80319c');
    await post({ type: 'dev.millrace.verify.at-least-once', data: {} }, after.header);
    await waitUntil(() => spansOf(after.traceId).length >= 6, 'what came later is there');
    expect(spansOf(dropped.traceId)).toEqual([]);
  });

  it('reaches the collector with the headers and the names that were set', async () => {
    expect(new Set(collector.headers.map((headers) => headers['x-collector-key']))).toEqual(new Set(['sesame']));
    expect(collector.text).toContain('deployment.environment.name');
  });
});

describe('a collector that goes away', () => {
  it('costs spans alone', async () => {
    await collector.close();
    const ref = await post({ type: 'dev.millrace.verify.at-least-once', data: {} });
    await system.untilState(ref, 'done');
    expect(system.runningConsumers).toHaveLength(2);
    collector = await startCollector();
  });
});
