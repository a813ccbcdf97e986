import { defineHandler, type Handler, type HandlerContext } from '@millrace/handlers';
import type { Effect } from '@millrace/ledger';
import type { EventRecord } from '@millrace/stream-client';
import { start, stream } from './stage.js';
import { ok, ScriptedTools, someRoutes } from './start-consuming.js';

const routes = (...more: string[]) =>
  someRoutes(`
routes:
  - id: work
    on: { type: order.created }
    handler: handlers/work.ts
    retry: { attempts: 3, initial: 5ms, max: 20ms }
    ${more.join('\n    ')}
`);

export type Run = (context: HandlerContext<{ orderId: string }>) => unknown;

/** A consumer with this handler on the route `work`, which ends with the test. */
export function startHandler(
  run: Run,
  tools: ScriptedTools,
  promise = 'delivery: effectively-once',
  ...more: string[]
) {
  const handlers = new Map<string, Handler>([['handlers/work.ts', defineHandler(run)]]);
  return start(stream, routes(promise, ...more), tools, { handlers, drainMs: 0 });
}

/** Tools that answer with what they were asked. */
export const answering = () => new ScriptedTools((call) => ok({ asked: call.arguments }));

/** The one delivery of an event, as the record has it. */
export function deliveryIn(record: EventRecord) {
  const [delivery] = record.deliveries;
  if (delivery === undefined) throw new Error('the event has no delivery');
  return { ...delivery, effects: delivery.effects as readonly Effect[] };
}

/** The handler's one call, as its step `charge`. */
export const charge = (context: HandlerContext<{ orderId: string }>, idempotency: 'key' | 'none' = 'key') =>
  context.tools.call('charge', {
    server: 'aws',
    tool: 'card.charge',
    arguments: { orderId: context.event.data.orderId },
    idempotency,
  });
