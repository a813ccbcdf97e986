import { waitUntil } from '@millrace/testing';
import type { ConsoleStage } from './console-stage.ts';

export const ORDER = { orderId: '1001', total: 199.5, sku: 'mug', quantity: 1 };

/** The events that tests look for, by a word for each; there once `prepareWork` has ended. */
const refs = new Map<string, string>();

/** The ref of one of them; empty before it is there. */
export function refOf(name: string): string {
  return refs.get(name) ?? '';
}

/** One event that succeeds, two that wait for a person, three that die of the same; then orders until `close` is called. */
export async function prepareWork(stage: ConsoleStage): Promise<void> {
  const { system } = stage;
  await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error' }]);
  const post = async (name: string, type: string, data: object) => {
    refs.set(name, (await system.post({ type, source: '/shop', data })).body.ref);
  };
  await post('order', 'com.shop.order.created', { ...ORDER, orderId: 'needle-7' });
  await post('refund', 'com.shop.refund.requested', { orderId: '77', amount: 40 });
  await post('incident', 'com.ops.incident.escalated', { service: 'checkout', ticketId: 'T-1' });
  for (const orderId of ['1', '2', '3']) await post('label', 'com.shop.label.wanted', { orderId });
  await waitUntil(async () => (await system.deadLetters()) === 3, 'three deliveries are given up');
  await system.untilState(refs.get('order') ?? '', 'done');
  await waitUntil(async () => (await countApprovals(stage)) === 2, 'two deliveries wait for a person');
  stage.keepPosting({ type: 'com.shop.order.created', source: '/shop', data: ORDER });
}

async function countApprovals({ url }: ConsoleStage): Promise<number> {
  const { items } = (await (await fetch(`${url}/v1/approvals`)).json()) as { items: readonly unknown[] };
  return items.length;
}
