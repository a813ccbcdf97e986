import { figure, graph, percentiles, query, rate } from './board.mjs';

/** @type {import('./board.mjs').Board} */
export const overview = {
  uid: 'millrace-overview',
  title: 'Overview',
  description: 'Is it keeping its promises, and is it keeping up?',
  variables: [],
  rows: [
    {
      title: 'Promises',
      panels: [
        figure(
          'Lost',
          'short',
          'Entries found to be gone unsettled, groups made anew, entries trimmed before they were read. Anything but 0 is data loss: see the runbook of LostEntries.',
          [
            query('sum(millrace_lost_entries_total)', 'entries lost'),
            query('sum(millrace_group_recreated_total)', 'groups made anew'),
            query('sum(millrace_trimmed_unread_entries)', 'trimmed unread'),
          ],
          1,
        ),
        figure(
          'Unaccounted',
          'short',
          'Accepted, less all that came to an end, less all that is open. 0, or the books do not balance.',
          [query('sum(millrace_unaccounted_entries)', 'entries')],
          1,
        ),
        figure(
          'Redis unfit',
          'short',
          'Processes that find that Redis does not keep what MILLRACE_DURABILITY promises. Events are refused meanwhile.',
          [query('sum(millrace_redis_unfit)', 'processes')],
          1,
        ),
        figure(
          'Dead letters',
          'short',
          'Deliveries given up that somebody has to decide about.',
          [query('sum(millrace_dead_letters)', 'dead letters')],
          1,
        ),
      ],
    },
    {
      title: 'Flow',
      panels: [
        graph(
          'Events at the door',
          'reqps',
          'Posted events by what became of them: accepted, duplicate, or the code of the refusal.',
          [rate('millrace_events_accepted_total', ['result'])],
          { isStacked: true },
        ),
        graph(
          'Deliveries by outcome',
          'ops',
          'Attempts at deliveries by what became of them.',
          [rate('millrace_deliveries_total', ['outcome'])],
          { isStacked: true },
        ),
        graph(
          'From acceptance to done',
          's',
          'Of deliveries that are done, retries and waiting included.',
          percentiles('millrace_event_settle_duration_seconds'),
        ),
        graph(
          'Accepted events by type',
          'ops',
          'Types with a schema, the first hundred others, and the rest as `other`.',
          [rate('millrace_events_by_type_total', ['type'])],
          { isStacked: true },
        ),
        graph(
          'Waiting',
          'short',
          'Lag rising: too few consumers. Pending rising: they do not settle. Retrying rising: a server fails. Parked: people are asked. Queued: others of their key come first. Departing: they go on in another partition.',
          [
            query('sum(millrace_group_lag)', 'lag'),
            query('sum(millrace_group_pending)', 'pending'),
            query('sum(millrace_retrying_deliveries)', 'retrying'),
            query('sum(millrace_parked_deliveries)', 'parked'),
            query('sum(millrace_queued_deliveries)', 'queued'),
            query('sum(millrace_outbox_entries)', 'departing'),
          ],
        ),
        graph(
          'Work',
          'short',
          'Open work, to which the limit MILLRACE_MAX_BACKLOG applies, and what of it consumers could work on now.',
          [query('sum(millrace_backlog)', 'backlog'), query('sum(millrace_ready_work)', 'ready')],
        ),
        graph(
          'Between partitions',
          'short',
          'Follow-ups and deliveries whose key belongs in another partition: how many get there a second, and for how long the oldest of those that are not there waits.',
          [
            query('sum(rate(millrace_outbox_arrivals_total[$__rate_interval]))', 'arrivals a second'),
            query('max(millrace_outbox_oldest_age_seconds)', 'oldest, seconds'),
          ],
        ),
        graph(
          'Paused',
          'short',
          'Routes and servers that somebody has paused: their events wait until somebody resumes.',
          [query('max by (kind) (millrace_paused)', '{{kind}}')],
        ),
        graph(
          'Longest pause',
          's',
          'For how long the route and the server have been paused that were paused first. PauseForgotten fires after half an hour.',
          [query('max by (kind) (millrace_oldest_pause_age_seconds)', '{{kind}}')],
        ),
      ],
    },
    {
      title: 'Objectives',
      panels: [
        graph(
          'Refused by us',
          'percentunit',
          'Share of requests to the producer that were answered 5xx. The budget is 0.1 %.',
          [query('millrace:ingest_errors:ratio_rate5m', '5 min'), query('millrace:ingest_errors:ratio_rate1h', '1 h')],
        ),
        graph(
          'Later than 10 s',
          'percentunit',
          'Share of deliveries that were done later than 10 s after acceptance. The budget is 1 %.',
          [query('millrace:settle_slow:ratio_rate5m', '5 min'), query('millrace:settle_slow:ratio_rate1h', '1 h')],
        ),
        graph('Alerts', 'short', 'Alerts that fire. Each has its runbook in docs/alerts.md.', [
          query(
            'count by (alertname, severity) (ALERTS{alertstate="firing"}) or vector(0)',
            '{{alertname}} {{severity}}',
          ),
        ]),
      ],
    },
    {
      title: 'Processes',
      panels: [
        graph('Answering', 'short', 'Processes that Prometheus reaches, by service.', [
          query('sum by (job) (up)', '{{job}}'),
        ]),
        graph('Consumers', 'short', 'Consumers that have read within the last minute.', [
          query('sum(millrace_consumers)', 'consumers'),
        ]),
        graph(
          'Entries in hand',
          'short',
          'Entries being handled, by consumer. At MILLRACE_CONCURRENCY a consumer is full.',
          [query('millrace_consumer_inflight{job="consumer"}', '{{instance}}')],
        ),
      ],
    },
  ],
};
