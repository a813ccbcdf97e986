import { waitUntil } from '@millrace/testing';
import type { ConsoleStage } from './console-stage.ts';

export const ORDER = { orderId: '1001', total: 199.5, sku: 'mug', quantity: 1 };

/** Within this, in ms, a tool answers that a person would call slow. */
const SLOW_MS = 400;

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

/** A bad day: deliveries that died of two things, one that waits for a person, some that are tried again, and a slow server. */
export async function comeToGrief(stage: ConsoleStage): Promise<void> {
  const { system } = stage;
  const postAll = (type: string, id: string, all: readonly object[]) =>
    Promise.all(all.map((data, at) => system.post({ id: `${id}-${at}`, type, source: '/shop', data })));
  await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error' }]);
  await system.setFaults('azure', [
    { tool: 'card.charge', kind: 'error', eventIdPrefix: 'declined' },
    { tool: 'card.charge', kind: 'delay', delayMs: SLOW_MS },
  ]);
  const reservation = { ...ORDER, reservationId: 'r-7' };
  await postAll('com.shop.label.wanted', 'printerless', Array(4).fill({ orderId: '9' }));
  await postAll('com.shop.label.wanted', 'numbered', Array(2).fill({ orderId: 9 }));
  await postAll('com.shop.order.reserved', 'declined', Array(3).fill(reservation));
  await postAll('com.ops.incident.escalated', 'escalated', [{ service: 'checkout', ticketId: 'T-2' }]);
  await waitUntil(async () => (await system.deadLetters()) === 6, 'six deliveries are given up');
  await waitUntil(async () => (await countApprovals(stage)) === 1, 'one delivery waits for a person');
}

async function countApprovals({ url }: ConsoleStage): Promise<number> {
  const { items } = (await (await fetch(`${url}/v1/approvals`)).json()) as { items: readonly unknown[] };
  return items.length;
}
