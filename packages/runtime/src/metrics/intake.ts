import { Counter, Histogram, type Registry } from 'prom-client';
import { REQUEST_BUCKETS } from './buckets.js';
import { createTracedHistogram } from './traced-histogram.js';

/** The door: what is asked of the services over HTTP, and what becomes of the events that are posted. */
export function createIntakeMetrics(registry: Registry) {
  const registers = [registry];
  return {
    httpRequestDuration: createTracedHistogram(registry, {
      name: 'http_server_request_duration_seconds',
      help: 'Requests by method, pattern of the path, and status.',
      labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
      buckets: REQUEST_BUCKETS,
    }),
    eventsAccepted: new Counter({
      name: 'millrace_events_accepted_total',
      help: 'Events by what became of them at the door: accepted, duplicate, or the code of the refusal.',
      labelNames: ['result'],
      registers,
    }),
    eventsByType: new Counter({
      name: 'millrace_events_by_type_total',
      help: 'Accepted events by type: those with a schema, the first 100 others, and the rest as `other`.',
      labelNames: ['type'],
      registers,
    }),
    sentMessages: new Counter({
      name: 'messaging_client_sent_messages_total',
      help: 'Events that were handed to the stream, duplicates included; error_type is there for those that it did not take.',
      labelNames: ['messaging_operation_name', 'error_type'],
      registers,
    }),
    appendBatchSize: new Histogram({
      name: 'millrace_append_batch_size',
      help: 'Events that shared one round trip to Redis.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    senderRefusals: new Counter({
      name: 'millrace_sender_refusals_total',
      help: 'Events refused to a sender by the sender, as the keys file names it, and the code: RATE_LIMITED, TYPE_NOT_ALLOWED.',
      labelNames: ['sender', 'code'],
      registers,
    }),
    keysReloads: new Counter({
      name: 'millrace_keys_reloads_total',
      help: 'Changed keys files by what became of them: applied, refused.',
      labelNames: ['outcome'],
      registers,
    }),
    schemasReloads: new Counter({
      name: 'millrace_schemas_reloads_total',
      help: 'Changed event schemas by what became of them: applied, refused.',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
