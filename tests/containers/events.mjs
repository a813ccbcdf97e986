import assert from 'node:assert/strict';
import { eventually } from './checks.mjs';

const LIMIT_MS = 10_000;

/**
 * Reads JSON over HTTP. Rejects when the answer is not 2xx or takes ten seconds.
 * @param {string} url
 * @param {RequestInit} [request]
 */
export async function readJson(url, request = {}) {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(LIMIT_MS) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${request.method ?? 'GET'} ${url}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/**
 * Sends JSON and reads the answer.
 * @param {string} method
 * @param {string} url
 * @param {unknown} body
 */
export function sendJson(method, url, body) {
  return readJson(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/**
 * Posts one event; resolves with the producer's answer, `{ ref, id, source, duplicate }`.
 * @param {string} producer
 * @param {{ id: string, type: string, data: object }} event
 */
export function postEvent(producer, event) {
  return sendJson('POST', `${producer}/v1/events`, { source: '/check', ...event });
}

/**
 * The record of an event once all of its deliveries are done. Rejects when it ends otherwise, or not at all.
 * @param {string} producer
 * @param {string} ref
 */
export function untilDone(producer, ref) {
  return eventually(`event ${ref} is not done`, async () => {
    const record = await readJson(`${producer}/v1/events/${ref}`);
    if (record.state === 'dead' || record.state === 'expired') throw new Error(JSON.stringify(record, undefined, 2));
    return record.state === 'done' ? record : undefined;
  });
}

/**
 * An event that two routes deliver, to two clouds.
 * @param {string} id
 */
export function incident(id) {
  const data = { title: 'The shop is slow', severity: 'high', service: 'shop' };
  return { id, type: 'com.ops.incident.opened', data };
}

/**
 * Posts an order and follows it from event to event; rejects unless it is charged and confirmed in the end.
 * @param {string} producer
 */
export async function followOrder(producer) {
  const data = { orderId: 'o-1', total: 120, sku: 'chair', quantity: 2, email: 'ann@shop.example' };
  let { ref } = await postEvent(producer, { id: 'order-1', type: 'com.shop.order.created', data });
  const types = [];
  while (ref !== undefined) {
    const record = await untilDone(producer, ref);
    types.push(record.event.type);
    ref = record.routes[0]?.followUps?.[0];
  }
  const steps = ['created', 'scored', 'reserved', 'charged'];
  assert.deepEqual(
    types,
    steps.map((step) => `com.shop.order.${step}`),
  );
}

/**
 * The tally of every event that a mock cloud has seen, by event id.
 * @param {string} cloud base URL
 * @returns {Promise<Map<string, { requests: number, stopped: number, effects: number }>>}
 */
export async function readWitness(cloud) {
  const tallies = new Map();
  for (let after = 0; after !== undefined; ) {
    const page = await readJson(`${cloud}/witness/counts?after=${after}`);
    for (const [id, tally] of Object.entries(page.counts)) tallies.set(id, tally);
    after = page.next;
  }
  return tallies;
}

/**
 * Runs `work` for every item, `width` at a time, and resolves with the results in order.
 * @template Item, Result
 * @param {readonly Item[]} items
 * @param {number} width
 * @param {(item: Item, index: number) => Promise<Result>} work
 */
export async function inParallel(items, width, work) {
  /** @type {Result[]} */
  const results = [];
  const queue = items.entries();
  const run = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: width }, run));
  return results;
}
