import { graph, query, rate, traced } from './board.mjs';

const CALLS = 'mcp_client_operation_duration_seconds';
const CHOSEN = '{server=~"$server",gen_ai_tool_name=~"$tool"}';
const FAILED = '{server=~"$server",gen_ai_tool_name=~"$tool",error_type!=""}';

/** @type {import('./board.mjs').Board} */
export const tools = {
  uid: 'millrace-tools',
  title: 'MCP servers and tools',
  description:
    'How the servers in other clouds do: rate, errors, time, and what the guards in front of them hold back.',
  variables: [
    { name: 'server', label: 'Server', query: `label_values(${CALLS}_count, server)` },
    { name: 'tool', label: 'Tool', query: `label_values(${CALLS}_count{server=~"$server"}, gen_ai_tool_name)` },
  ],
  rows: [
    {
      title: 'Calls',
      panels: [
        graph(
          'Calls by server',
          'ops',
          'Tool calls, failed ones included.',
          [rate(`${CALLS}_count${CHOSEN}`, ['server'])],
          { isStacked: true },
        ),
        graph(
          'Share of calls that fail',
          'percentunit',
          'A tool that says of itself that it failed counts, although HTTP and JSON-RPC call that a success.',
          [
            query(
              `(sum by (server, gen_ai_tool_name) (rate(${CALLS}_count${FAILED}[$__rate_interval])) or 0 * sum by (server, gen_ai_tool_name) (rate(${CALLS}_count${CHOSEN}[$__rate_interval]))) / sum by (server, gen_ai_tool_name) (rate(${CALLS}_count${CHOSEN}[$__rate_interval]))`,
              '{{server}} {{gen_ai_tool_name}}',
            ),
          ],
        ),
        graph(
          'Failures by kind',
          'ops',
          'tool_error: the tool says so. not-sent, refused, unknown, invalid-result, needs-input: what is known of the call.',
          [
            query(
              `sum by (server, error_type) (rate(${CALLS}_count${FAILED}[$__rate_interval])) or vector(0)`,
              '{{server}} {{error_type}}',
            ),
          ],
          { isStacked: true },
        ),
        graph('p95 by server', 's', 'The 95th percentile of a call.', [
          traced(
            `histogram_quantile(0.95, sum by (le, server) (rate(${CALLS}_bucket${CHOSEN}[$__rate_interval])))`,
            '{{server}}',
          ),
        ]),
        graph('p95 by tool', 's', 'The 95th percentile of a call.', [
          traced(
            `histogram_quantile(0.95, sum by (le, server, gen_ai_tool_name) (rate(${CALLS}_bucket${CHOSEN}[$__rate_interval])))`,
            '{{server}} {{gen_ai_tool_name}}',
          ),
        ]),
        graph(
          'Calls by tool',
          'ops',
          'Beyond 500 tools in a process the rest is `other`.',
          [rate(`${CALLS}_count${CHOSEN}`, ['server', 'gen_ai_tool_name'])],
          { isStacked: true },
        ),
      ],
    },
    {
      title: 'Guards',
      panels: [
        graph('Breakers', 'short', '0 closed, 1 trying, 2 open, as the consumer sees it that sees it worst.', [
          query('max by (server) (millrace_breaker_state{server=~"$server"})', '{{server}}'),
        ]),
        graph('Breakers opened', 'ops', 'Times that the breaker of a server opened, or stayed open after a probe.', [
          rate('millrace_breaker_opened_total{server=~"$server"}', ['server']),
        ]),
        graph(
          'Calls not sent for now',
          'ops',
          'Held back by the breaker, the budget of retries, the share or the rate of their server, or a tool that changed.',
          [
            query(
              'sum by (server, reason) (rate(millrace_tool_calls_withheld_total{server=~"$server"}[$__rate_interval])) or vector(0)',
              '{{server}} {{reason}}',
            ),
          ],
        ),
        graph(
          'Failovers and hedges',
          'ops',
          'Calls that went on to another server that does the same, and calls sent to a second one because the first took its time.',
          [
            { ...rate('millrace_tool_call_failovers_total{server=~"$server"}', ['server']), legend: 'from {{server}}' },
            {
              ...rate('millrace_tool_calls_hedged_total{server=~"$server"}', ['server']),
              legend: 'also to {{server}}',
            },
          ],
        ),
      ],
    },
  ],
};
