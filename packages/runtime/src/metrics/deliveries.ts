import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DURATION_BUCKETS } from './buckets.js';
import { createTracedHistogram } from './traced-histogram.js';

/** From the stream to the outcome: entries in the hands of consumers, and what became of their deliveries. */
export function createDeliveryMetrics(registry: Registry) {
  const registers = [registry];
  return {
    consumedMessages: new Counter({
      name: 'messaging_client_consumed_messages_total',
      help: 'Entries that a consumer began to handle, first time or again.',
      labelNames: ['messaging_consumer_group_name'],
      registers,
    }),
    operationDuration: new Histogram({
      name: 'messaging_client_operation_duration_seconds',
      help: 'Until Redis had it as durably as the deployment asked: `send`, an event; `settle`, an outcome.',
      labelNames: ['messaging_operation_name', 'error_type'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    processDuration: new Histogram({
      name: 'messaging_process_duration_seconds',
      help: 'One entry in the hands of a consumer, from reading until its deliveries are settled.',
      labelNames: ['messaging_consumer_group_name', 'error_type'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    inflight: new Gauge({
      name: 'millrace_consumer_inflight',
      help: 'Entries being handled by this consumer now.',
      registers,
    }),
    deliveries: new Counter({
      name: 'millrace_deliveries_total',
      help: 'Attempts at deliveries by route and outcome: done, retrying, parked, dead, expired.',
      labelNames: ['route', 'outcome'],
      registers,
    }),
    deadLettered: new Counter({
      name: 'millrace_dead_lettered_total',
      help: 'Deliveries that were given up, by route and reason.',
      labelNames: ['route', 'reason'],
      registers,
    }),
    turnsWaited: new Counter({
      name: 'millrace_turns_waited_total',
      help: 'Deliveries of ordered routes that were put aside because others of their key come first, by route.',
      labelNames: ['route'],
      registers,
    }),
    arrivals: new Counter({
      name: 'millrace_outbox_arrivals_total',
      help: 'Follow-ups and deliveries that arrived in another partition, out of the outbox of the one that they come from.',
      registers,
    }),
    settleDuration: createTracedHistogram(registry, {
      name: 'millrace_event_settle_duration_seconds',
      help: 'From acceptance of an event until a delivery of it was done.',
      labelNames: ['route'],
      buckets: DURATION_BUCKETS,
    }),
    redeliveries: new Counter({
      name: 'millrace_redeliveries_total',
      help: 'Entries claimed from a consumer that did not settle them in time.',
      registers,
    }),
    fencedSettlements: new Counter({
      name: 'millrace_fenced_settlements_total',
      help: 'Settlements refused because another consumer had claimed the entry meanwhile.',
      registers,
    }),
    lostEntries: new Counter({
      name: 'millrace_lost_entries_total',
      help: 'Entries and waiting deliveries found to be gone from Redis unsettled. Anything but 0 is data loss.',
      registers,
    }),
    groupRecreated: new Counter({
      name: 'millrace_group_recreated_total',
      help: 'Times the consumer group was missing and made anew. Anything but 0 after the first start is data loss.',
      registers,
    }),
  };
}
