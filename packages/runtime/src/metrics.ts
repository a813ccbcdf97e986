import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds. The OpenTelemetry messaging conventions' boundaries, with two more for calls that are allowed to be slow. */
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/**
 * Every metric of the platform, its labels and its buckets, in one place. No label ever holds an id: series stay
 * bounded by the configuration (routes, servers, tools) and by short lists of words (outcome, error code).
 */
export function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    // HTTP in
    eventsAccepted: new Counter({
      name: 'millrace_events_accepted_total',
      help: 'Events by what became of them at the door: accepted, duplicate, or the code of the refusal.',
      labelNames: ['result'],
      registers,
    }),
    appendDuration: new Histogram({
      name: 'millrace_append_duration_seconds',
      help: 'From handing an event to the stream client until it was as durable as the deployment asked.',
      buckets: DURATION_BUCKETS,
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
    // stream out
    deliveries: new Counter({
      name: 'millrace_deliveries_total',
      help: 'Attempts at deliveries by route and outcome: done, retry, dead.',
      labelNames: ['route', 'outcome'],
      registers,
    }),
    settleDuration: new Histogram({
      name: 'millrace_event_settle_duration_seconds',
      help: 'From acceptance of an event until a delivery of it was done.',
      labelNames: ['route'],
      buckets: DURATION_BUCKETS,
      registers,
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
    redisUnfit: new Gauge({
      name: 'millrace_redis_unfit',
      help: '1 while Redis does not keep what the durability promises, so that nothing is promised; else 0.',
      registers,
    }),
    inflight: new Gauge({
      name: 'millrace_consumer_inflight',
      help: 'Entries being handled by this consumer now.',
      registers,
    }),
    toolCallDuration: new Histogram({
      name: 'millrace_tool_call_duration_seconds',
      help: 'Tool calls by server, tool and outcome: ok, tool_error, or the class of the failure.',
      labelNames: ['server', 'tool', 'outcome'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    configReloads: new Counter({
      name: 'millrace_config_reloads_total',
      help: 'Changed configurations by what became of them: applied, refused.',
      labelNames: ['outcome'],
      registers,
    }),
    configInfo: new Gauge({
      name: 'millrace_config_info',
      help: 'Always 1; its label names the version of the configuration in force. One series at a time.',
      labelNames: ['version'],
      registers,
    }),
    breakerState: new Gauge({
      name: 'millrace_breaker_state',
      help: 'Circuit breaker of a server as this consumer sees it: 0 closed, 1 half-open, 2 open.',
      labelNames: ['server'],
      registers,
    }),
    breakerOpened: new Counter({
      name: 'millrace_breaker_opened_total',
      help: 'Times that the breaker of a server opened, or stayed open after a probe that failed.',
      labelNames: ['server'],
      registers,
    }),
    callsWithheld: new Counter({
      name: 'millrace_tool_calls_withheld_total',
      help: 'Tool calls that were not sent for now: pause, breaker, retry-budget, share or rate of their server.',
      labelNames: ['server', 'reason'],
      registers,
    }),
    failovers: new Counter({
      name: 'millrace_tool_call_failovers_total',
      help: 'Calls that went on from this server to another that does the same.',
      labelNames: ['server'],
      registers,
    }),
    hedgedCalls: new Counter({
      name: 'millrace_tool_calls_hedged_total',
      help: 'Calls that were sent to this server as well, since another took its time.',
      labelNames: ['server'],
      registers,
    }),
    // the whole, from one place only: the operator
    streamLength: new Gauge({
      name: 'millrace_stream_length',
      help: 'Entries in the stream, settled ones within their retention included.',
      labelNames: ['partition'],
      registers,
    }),
    backlog: new Gauge({
      name: 'millrace_backlog',
      help: 'Entries not yet acknowledged and deliveries waiting for a retry. The backlog limit applies to this.',
      labelNames: ['partition'],
      registers,
    }),
    pending: new Gauge({
      name: 'millrace_group_pending',
      help: 'Entries read by a consumer and not yet acknowledged.',
      labelNames: ['partition'],
      registers,
    }),
    lag: new Gauge({
      name: 'millrace_group_lag',
      help: 'Entries not yet read by any consumer. Absent when Redis cannot tell.',
      labelNames: ['partition'],
      registers,
    }),
    oldestPendingAge: new Gauge({
      name: 'millrace_oldest_pending_age_seconds',
      help: 'Age of the oldest pending entry, by its entry id. 0 when none is pending.',
      labelNames: ['partition'],
      registers,
    }),
    retrying: new Gauge({
      name: 'millrace_retrying_deliveries',
      help: 'Deliveries waiting for their next attempt.',
      labelNames: ['partition'],
      registers,
    }),
    parked: new Gauge({
      name: 'millrace_parked_deliveries',
      help: "Deliveries waiting for somebody's answer.",
      labelNames: ['partition'],
      registers,
    }),
    readyWork: new Gauge({
      name: 'millrace_ready_work',
      help: 'What consumers could work on now: entries not acknowledged and deliveries whose time has come.',
      labelNames: ['partition'],
      registers,
    }),
    deadLetters: new Gauge({
      name: 'millrace_dead_letters',
      help: 'Dead letters kept now.',
      labelNames: ['partition'],
      registers,
    }),
    consumers: new Gauge({
      name: 'millrace_consumers',
      help: 'Consumers registered in the group that have read within the last minute.',
      labelNames: ['partition'],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** A registry with the process's own figures (event loop, memory, descriptors) already in it. One per process. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

export type { Registry } from 'prom-client';
