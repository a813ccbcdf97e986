import { Gauge, type Registry } from 'prom-client';

/** The state of the whole, by partition. Only the operator shows it: each figure is told by one process alone. */
export function createStreamStateMetrics(registry: Registry) {
  const registers = [registry];
  return {
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
    departing: new Gauge({
      name: 'millrace_outbox_entries',
      help: 'Follow-ups and deliveries that are to go on in other partitions, and have not arrived there.',
      labelNames: ['partition'],
      registers,
    }),
    oldestDepartingAge: new Gauge({
      name: 'millrace_outbox_oldest_age_seconds',
      help: 'Age of the oldest of what is to go on in another partition. 0 when there is none.',
      labelNames: ['partition'],
      registers,
    }),
    parked: new Gauge({
      name: 'millrace_parked_deliveries',
      help: "Deliveries waiting for somebody's answer.",
      labelNames: ['partition'],
      registers,
    }),
    paused: new Gauge({
      name: 'millrace_paused',
      help: 'Routes and servers that somebody has paused, by kind: route, server.',
      labelNames: ['kind'],
      registers,
    }),
    oldestPauseAge: new Gauge({
      name: 'millrace_oldest_pause_age_seconds',
      help: 'For how long the route or server has been paused that was paused first, by kind. 0 when none is.',
      labelNames: ['kind'],
      registers,
    }),
    readyWork: new Gauge({
      name: 'millrace_ready_work',
      help: 'What consumers could work on now: entries not acknowledged, deliveries whose time has come, and what is to go on in other partitions.',
      labelNames: ['partition'],
      registers,
    }),
    unaccounted: new Gauge({
      name: 'millrace_unaccounted_entries',
      help: 'Open by the count that append and settle keep, less what is in the stream, waiting, queued, parked or in an outbox. Not 0: events are nowhere (more), or nobody accepted them (less).',
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
  };
}
