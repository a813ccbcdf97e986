import { graph, percentiles, query, rate } from './board.mjs';

/** @type {import('./board.mjs').Board} */
export const routes = {
  uid: 'millrace-routes',
  title: 'Routes and deliveries',
  description: 'What each route does, how long it takes, and what it gives up.',
  variables: [{ name: 'route', label: 'Route', query: 'label_values(millrace_deliveries_total, route)' }],
  rows: [
    {
      title: 'Deliveries of the chosen routes',
      panels: [
        graph(
          'Attempts by route',
          'ops',
          'Attempts at deliveries.',
          [rate('millrace_deliveries_total{route=~"$route"}', ['route'])],
          { isStacked: true },
        ),
        graph(
          'Outcomes',
          'ops',
          'done, retrying, parked, dead, expired.',
          [rate('millrace_deliveries_total{route=~"$route"}', ['outcome'])],
          { isStacked: true },
        ),
        graph(
          'From acceptance to done',
          's',
          'Retries and waiting included.',
          percentiles('millrace_event_settle_duration_seconds{route=~"$route"}'),
        ),
        graph(
          'Turns waited for',
          'ops',
          'Deliveries of ordered routes put aside because others of their key come first. Near the rate of deliveries: few keys carry the load.',
          [rate('millrace_turns_waited_total{route=~"$route"}', ['route'])],
        ),
        graph('p95 by route', 's', 'From acceptance to done, the 95th percentile of each route.', [
          query(
            'histogram_quantile(0.95, sum by (le, route) (rate(millrace_event_settle_duration_seconds_bucket{route=~"$route"}[$__rate_interval])))',
            '{{route}}',
          ),
        ]),
        graph('Not done at once', 'percentunit', 'Share of attempts that ended in something other than done.', [
          query(
            '(sum by (route) (rate(millrace_deliveries_total{route=~"$route",outcome!="done"}[$__rate_interval])) or 0 * sum by (route) (rate(millrace_deliveries_total{route=~"$route"}[$__rate_interval]))) / sum by (route) (rate(millrace_deliveries_total{route=~"$route"}[$__rate_interval]))',
            '{{route}}',
          ),
        ]),
        graph(
          'Given up',
          'ops',
          'Dead letters made, by route and reason.',
          [
            query(
              'sum by (route, reason) (rate(millrace_dead_lettered_total{route=~"$route"}[$__rate_interval])) or vector(0)',
              '{{route}} {{reason}}',
            ),
          ],
          { isStacked: true },
        ),
      ],
    },
    {
      title: 'The stream behind them',
      panels: [
        graph(
          'Operations',
          's',
          '95th percentile until Redis had it as durably as asked: events appended, outcomes settled.',
          [
            query(
              'histogram_quantile(0.95, sum by (le, messaging_operation_name) (rate(messaging_client_operation_duration_seconds_bucket[$__rate_interval])))',
              '{{messaging_operation_name}}',
            ),
          ],
        ),
        graph('Entries', 'ops', 'Events handed to the stream, and entries that consumers began to handle.', [
          { ...rate('messaging_client_sent_messages_total', ['error_type']), legend: 'sent {{error_type}}' },
          { ...rate('messaging_client_consumed_messages_total', []), legend: 'consumed' },
        ]),
        graph(
          'In a consumer',
          's',
          'One entry in the hands of a consumer, from reading until its deliveries are settled.',
          percentiles('messaging_process_duration_seconds'),
        ),
        graph(
          'Claimed entries',
          'ops',
          'Taken over from consumers that did not settle them: after a crash, or under overload.',
          [{ ...rate('millrace_redeliveries_total', []), legend: 'claimed' }],
        ),
        graph(
          'Refused settlements',
          'ops',
          'Outcomes of consumers that had lost their entry to another meanwhile. Their work was done twice.',
          [{ ...rate('millrace_fenced_settlements_total', []), legend: 'refused' }],
        ),
        graph('Oldest pending entry', 's', 'Older than any call may take: a consumer is stuck.', [
          query('max(millrace_oldest_pending_age_seconds)', 'age'),
        ]),
        graph('Events per round trip', 'short', 'Events that shared one round trip to Redis.', [
          query(
            'sum(rate(millrace_append_batch_size_sum[$__rate_interval])) / sum(rate(millrace_append_batch_size_count[$__rate_interval]))',
            'events',
          ),
        ]),
        graph('Stream length', 'short', 'Entries kept, settled ones within their retention included.', [
          query('sum(millrace_stream_length)', 'entries'),
        ]),
      ],
    },
    {
      title: 'Configuration',
      panels: [
        graph(
          'Versions in force',
          'short',
          'Consumers by the version of their configuration. More than one for long: one of them refused what the others took.',
          [query('count by (version) (millrace_config_info)', '{{version}}')],
        ),
        graph('Reloads', 'short', 'Changed configurations by what became of them.', [
          query('sum by (outcome) (increase(millrace_config_reloads_total[$__rate_interval]))', '{{outcome}}'),
        ]),
      ],
    },
  ],
};
