import { figure, graph, percentiles, query, rate } from './board.mjs';

/** @type {import('./board.mjs').Board} */
export const processes = {
  uid: 'millrace-processes',
  title: 'Redis and processes',
  description: 'What the services and their Redis use, and how their HTTP does.',
  variables: [{ name: 'job', label: 'Service', query: 'label_values(up, job)' }],
  rows: [
    {
      title: 'Redis',
      panels: [
        figure(
          'Redis answers',
          'short',
          '1 while Redis tells the operator how it is.',
          [query('min(millrace_redis_up)', 'up')],
          1,
          {
            steps: [
              { value: null, color: 'red' },
              { value: 1, color: 'green' },
            ],
          },
        ),
        figure(
          'Append-only file',
          'short',
          '1 while the last write to the append-only file succeeded.',
          [query('min(millrace_redis_aof_written)', 'written')],
          1,
          {
            steps: [
              { value: null, color: 'red' },
              { value: 1, color: 'green' },
            ],
          },
        ),
        figure(
          'Evicted keys',
          'short',
          'Keys dropped for want of memory. Anything but 0 may be events: maxmemory-policy must be noeviction.',
          [query('sum(millrace_redis_evicted_keys)', 'keys')],
          1,
        ),
        figure(
          'Replicas',
          'short',
          'Replicas connected to the primary.',
          [query('sum(millrace_redis_replicas)', 'replicas')],
          100,
        ),
        graph(
          'Memory',
          'bytes',
          'Used, and the limit (0: none). Near the limit new events are refused, and what is open is worked off.',
          [
            query('max by (node) (millrace_redis_memory_used_bytes)', '{{node}} used'),
            query('max by (node) (millrace_redis_memory_max_bytes)', '{{node}} limit'),
          ],
        ),
        graph('Commands', 'ops', 'Commands that Redis carries out.', [
          query('max by (node) (millrace_redis_commands_per_second)', '{{node}}'),
        ]),
        graph('Connections', 'short', 'Connections to Redis.', [
          query('max by (node) (millrace_redis_clients)', '{{node}}'),
        ]),
        graph('Delayed writes to disk', 'short', 'Rising: the disk is too slow for what is written.', [
          query('max by (node) (millrace_redis_aof_delayed_fsyncs)', '{{node}}'),
        ]),
        graph('How long Redis takes', 's', '99th percentile until Redis had it as durably as asked.', [
          query(
            'histogram_quantile(0.99, sum by (le, messaging_operation_name) (rate(messaging_client_operation_duration_seconds_bucket[$__rate_interval])))',
            '{{messaging_operation_name}}',
          ),
        ]),
        graph('Partitions', 'short', 'As written in Redis, which counts, and as each process was told.', [
          query('max by (by, job, instance) (millrace_partitions)', '{{by}} {{job}} {{instance}}'),
        ]),
      ],
    },
    {
      title: 'HTTP',
      panels: [
        graph(
          'Requests',
          'reqps',
          'By service, path and status.',
          [
            rate('http_server_request_duration_seconds_count{job=~"$job"}', [
              'job',
              'http_route',
              'http_response_status_code',
            ]),
          ],
          { isStacked: true },
        ),
        graph(
          'How long requests take',
          's',
          'Those that wait for an outcome, as they asked to, included.',
          percentiles('http_server_request_duration_seconds{job=~"$job"}'),
        ),
        graph(
          'Refused to senders',
          'reqps',
          'By sender, as the keys file names it: over its rate, or a type that it may not send.',
          [
            query(
              'sum by (sender, code) (rate(millrace_sender_refusals_total[$__rate_interval])) or vector(0)',
              '{{sender}} {{code}}',
            ),
          ],
        ),
        graph('Event schemas', 'short', 'Changed event schemas by what became of them.', [
          query(
            'sum by (outcome) (increase(millrace_schemas_reloads_total[$__rate_interval])) or vector(0)',
            '{{outcome}}',
          ),
        ]),
        graph('Keys files', 'short', 'Changed keys files by what became of them.', [
          query(
            'sum by (outcome) (increase(millrace_keys_reloads_total[$__rate_interval])) or vector(0)',
            '{{outcome}}',
          ),
        ]),
      ],
    },
    {
      title: 'Processes',
      panels: [
        graph('Answering', 'short', 'Processes that Prometheus reaches.', [
          query('sum by (job) (up{job=~"$job"})', '{{job}}'),
        ]),
        graph(
          'Releases',
          'short',
          'Processes by the release that they run. Two for long: an upgrade was not finished.',
          [query('count by (job, version) (millrace_build_info{job=~"$job"})', '{{job}} {{version}}')],
        ),
        graph('Memory', 'bytes', 'Resident, by process.', [
          query('process_resident_memory_bytes{job=~"$job"}', '{{job}} {{instance}}'),
        ]),
        graph('CPU', 'short', 'Cores in use, by process. A process uses one core for its JavaScript.', [
          query('rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])', '{{job}} {{instance}}'),
        ]),
        graph(
          'Event loop',
          's',
          'How late the event loop is, 99th percentile: above 0.1 s a process answers late whatever it does.',
          [query('nodejs_eventloop_lag_p99_seconds{job=~"$job"}', '{{job}} {{instance}}')],
        ),
        graph('Heap', 'bytes', 'JavaScript heap in use. A line that only rises is a leak.', [
          query('nodejs_heap_size_used_bytes{job=~"$job"}', '{{job}} {{instance}}'),
        ]),
      ],
    },
  ],
};
