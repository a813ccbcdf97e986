import { renderEvent } from '@millrace/events';
import { type Approval, deliveryToJson } from '@millrace/stream-client';

/** A parked delivery with its event as JSON text: the event's data stand in it byte for byte as they were sent. */
export function approvalToJson(approval: Approval): string {
  const event = approval.event === undefined ? 'null' : renderEvent(approval.event);
  return `${JSON.stringify(factsOf(approval)).slice(0, -1)},"event":${event}}`;
}

/** A parked delivery as a list shows it: of the event its attributes alone, so that a page of large events stays small. */
export function summarizeApproval(approval: Approval): Record<string, unknown> {
  return { ...factsOf(approval), event: approval.event?.attributes ?? null };
}

function factsOf({ id, ref, expiresAt, delivery }: Approval): Record<string, unknown> {
  const { id: route, asks, attempts, version } = deliveryToJson(delivery);
  return { id, ref, route, version, attempts, expiresAt, asks };
}
