import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds. The OpenTelemetry messaging conventions' boundaries, with two more for calls that are allowed to be slow. */
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** Tokens, as OpenTelemetry has them. */
const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

/** Seconds, as OpenTelemetry has them for HTTP, and two more: a caller may wait that long for an outcome. */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 60];

/**
 * Every metric of the platform, its labels and its buckets, in one place; `docs/metrics.md` is made from it. What
 * OpenTelemetry has a name for (HTTP, messaging, MCP) is called that, in Prometheus' form; the rest begins `millrace_`.
 * No label ever holds an id: series stay bounded by the configuration (routes, servers), by short lists of words (outcome,
 * error code), and for names from elsewhere (event types, tools) by `createBoundedLabel`.
 */
export function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    // HTTP in
    httpRequestDuration: new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Requests by method, pattern of the path, and status.',
      labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
      buckets: REQUEST_BUCKETS,
      registers,
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
    // stream out
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
    partitions: new Gauge({
      name: 'millrace_partitions',
      help: 'Partitions by who says so: map, what is written in Redis and counts; setting, what this process was told.',
      labelNames: ['by'] as const,
      registers,
    }),
    inflight: new Gauge({
      name: 'millrace_consumer_inflight',
      help: 'Entries being handled by this consumer now.',
      registers,
    }),
    toolCallDuration: new Histogram({
      name: 'mcp_client_operation_duration_seconds',
      help: 'Tool calls by server and tool. error_type is there for those that failed: tool_error where the tool said so in an answer that is a success to HTTP and JSON-RPC, else what is known of the call.',
      labelNames: ['mcp_method_name', 'gen_ai_tool_name', 'server', 'error_type'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    modelDuration: new Histogram({
      name: 'gen_ai_client_operation_duration_seconds',
      help: 'Questions to language models by route and model, as models.yaml calls it. error_type is there for those that were not answered, and is the code.',
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model', 'route', 'error_type'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    modelTokens: new Histogram({
      name: 'gen_ai_client_token_usage',
      help: 'Tokens of answers by type: input and output.',
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model', 'gen_ai_token_type', 'route'],
      buckets: TOKEN_BUCKETS,
      registers,
    }),
    modelCachedTokens: new Counter({
      name: 'millrace_model_cached_tokens_total',
      help: 'Tokens of the input of answers that came out of the cache of the model.',
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model', 'route'],
      registers,
    }),
    modelCost: new Counter({
      name: 'millrace_model_cost_total',
      help: 'What answers have cost by the prices in models.yaml, in their currency.',
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model', 'route'],
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
    queued: new Gauge({
      name: 'millrace_queued_deliveries',
      help: 'Deliveries of ordered routes waiting for others of their key.',
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
    unaccounted: new Gauge({
      name: 'millrace_unaccounted_entries',
      help: 'Open by the count that append and settle keep, less what is in the stream, waiting, queued or parked. Not 0: events are nowhere (more), or nobody accepted them (less).',
      labelNames: ['partition'],
      registers,
    }),
    trimmedUnread: new Gauge({
      name: 'millrace_trimmed_unread_entries',
      help: 'Entries removed from the stream before any consumer read them, until what is behind them is read. Anything but 0 is data loss.',
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
    // Redis, as the operator sees it
    redisUp: new Gauge({
      name: 'millrace_redis_up',
      help: '1 while Redis tells the operator how it is, else 0.',
      labelNames: ['node'],
      registers,
    }),
    redisMemoryUsed: new Gauge({
      name: 'millrace_redis_memory_used_bytes',
      help: 'Memory that Redis uses for data.',
      labelNames: ['node'],
      registers,
    }),
    redisMemoryMax: new Gauge({
      name: 'millrace_redis_memory_max_bytes',
      help: 'Memory that Redis may use for data; 0 where it has no limit.',
      labelNames: ['node'],
      registers,
    }),
    redisAofWritten: new Gauge({
      name: 'millrace_redis_aof_written',
      help: '1 while the last write to the append-only file succeeded, else 0.',
      labelNames: ['node'],
      registers,
    }),
    redisDelayedFsyncs: new Gauge({
      name: 'millrace_redis_aof_delayed_fsyncs',
      help: 'Writes to disk that kept others waiting, since Redis started.',
      labelNames: ['node'],
      registers,
    }),
    redisEvictedKeys: new Gauge({
      name: 'millrace_redis_evicted_keys',
      help: 'Keys dropped for want of memory, since Redis started. Anything but 0 may be events.',
      labelNames: ['node'],
      registers,
    }),
    redisClients: new Gauge({
      name: 'millrace_redis_clients',
      help: 'Connections to Redis.',
      labelNames: ['node'],
      registers,
    }),
    redisCommands: new Gauge({
      name: 'millrace_redis_commands_per_second',
      help: 'Commands that Redis carries out each second.',
      labelNames: ['node'],
      registers,
    }),
    redisReplicas: new Gauge({
      name: 'millrace_redis_replicas',
      help: 'Replicas connected to the primary.',
      labelNames: ['node'],
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
