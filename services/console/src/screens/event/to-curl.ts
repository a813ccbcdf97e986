import type { CloudEvent } from '../../api/events';

/**
 * The command that posts an event again under a new id: with the old one it would be recognised as the same, and not be
 * carried out. What the platform filled in is left out.
 */
export function toCurl(event: CloudEvent): string {
  const { id: _id, time: _time, traceparent: _parent, tracestate: _state, causationid: _cause, ...rest } = event;
  // Of whom an event is from only the producer speaks.
  const { millracetrust: _trust, ...again } = rest;
  const body = JSON.stringify(again).replaceAll("'", "'\\''");
  return `curl -s "\${MILLRACE_URL:-http://127.0.0.1:8080}/v1/events" -H 'content-type: application/json' \\\n  -d '${body}'`;
}
