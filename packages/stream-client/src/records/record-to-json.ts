import { renderEvent } from '@millrace/events';
import type { DeliveryRecord, EventRecord } from './record.js';

/** The record as HTTP shows it, as JSON text: the event's data stand in it byte for byte as they were sent. */
export function recordToJson(record: EventRecord): string {
  const { ref, event, state, acceptedAt, finishedAt, deliveries } = record;
  const rest = JSON.stringify({ state, acceptedAt, finishedAt, routes: deliveries.map(deliveryToJson) });
  const rendered = event === undefined ? 'null' : renderEvent(event);
  return `{"ref":${JSON.stringify(ref)},"event":${rendered},${rest.slice(1)}`;
}

/** A delivery as the record and the dead letters show it. */
export function deliveryToJson(delivery: DeliveryRecord): Record<string, unknown> {
  const { route, input, held: _held, isInTurn: _isInTurn, ...facts } = delivery;
  if (input === undefined) return { id: route, ...facts };
  // The server's own state is nobody else's business.
  const { step, server, tool, requests, arguments: args } = input.asks;
  return {
    id: route,
    ...facts,
    asks: { step, server, tool, requests, ...(args === undefined ? {} : { arguments: args }) },
  };
}
