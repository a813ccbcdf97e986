import { graph, percentiles, query, rate, traced } from './board.mjs';

const CALLS = 'mcp_client_operation_duration_seconds';

/** @type {import('./board.mjs').Board} */
export const agent = {
  uid: 'millrace-agent',
  title: 'Agent',
  description:
    'Routes that a model works on. Choose them; what they ask of people, what they give up, what their tools take.',
  variables: [{ name: 'route', label: 'Routes of agents', query: 'label_values(millrace_deliveries_total, route)' }],
  rows: [
    {
      title: 'Runs',
      panels: [
        graph(
          'Runs by outcome',
          'ops',
          'Attempts of the chosen routes. retrying: the model or a server did not answer. parked: somebody is asked.',
          [rate('millrace_deliveries_total{route=~"$route"}', ['route', 'outcome'])],
          { isStacked: true },
        ),
        graph(
          'From event to result',
          's',
          'Acceptance to done, what people take to answer included.',
          percentiles('millrace_event_settle_duration_seconds{route=~"$route"}'),
        ),
        graph(
          'Given up',
          'ops',
          'Runs that ended dead, by reason: a limit of steps, tokens, calls, seconds or money is `refused`.',
          [
            query(
              'sum by (route, reason) (rate(millrace_dead_lettered_total{route=~"$route"}[$__rate_interval])) or vector(0)',
              '{{route}} {{reason}}',
            ),
          ],
        ),
        graph(
          'Waiting for people',
          'short',
          'Deliveries of all routes that wait for an answer: approvals, and what tools ask.',
          [query('sum(millrace_parked_deliveries)', 'parked')],
        ),
      ],
    },
    {
      title: 'Their models',
      panels: [
        graph(
          'Tokens by model',
          'short',
          'Tokens of answers each second: in and out, and those of the input that were cached.',
          [
            query(
              'sum by (gen_ai_request_model, gen_ai_token_type) (rate(gen_ai_client_token_usage_sum{route=~"$route"}[$__rate_interval])) or vector(0)',
              '{{gen_ai_request_model}} {{gen_ai_token_type}}',
            ),
            query(
              'sum by (gen_ai_request_model) (rate(millrace_model_cached_tokens_total{route=~"$route"}[$__rate_interval])) or vector(0)',
              '{{gen_ai_request_model}} cached',
            ),
          ],
        ),
        graph(
          'Cost by route',
          'short',
          'By the prices in models.yaml, in their currency, for each hour at the rate of now.',
          [
            query(
              '3600 * sum by (route, gen_ai_request_model) (rate(millrace_model_cost_total{route=~"$route"}[$__rate_interval])) or vector(0)',
              '{{route}} {{gen_ai_request_model}}',
            ),
          ],
        ),
        graph('p95 of an answer', 's', 'From the question to the whole answer, by model.', [
          traced(
            'histogram_quantile(0.95, sum by (le, gen_ai_request_model) (rate(gen_ai_client_operation_duration_seconds_bucket{route=~"$route"}[$__rate_interval]))) or vector(0)',
            '{{gen_ai_request_model}}',
          ),
        ]),
        graph(
          'Models that failed',
          'ops',
          'Questions that were not answered, by code; a fallback may have answered them.',
          [
            query(
              'sum by (gen_ai_request_model, error_type) (rate(gen_ai_client_operation_duration_seconds_count{route=~"$route", error_type!=""}[$__rate_interval])) or vector(0)',
              '{{gen_ai_request_model}} {{error_type}}',
            ),
          ],
        ),
      ],
    },
    {
      title: 'Their tools',
      panels: [
        graph(
          'Calls by tool',
          'ops',
          'Tool calls of all routes.',
          [rate(`${CALLS}_count`, ['server', 'gen_ai_tool_name'])],
          { isStacked: true },
        ),
        graph('p95 by tool', 's', 'An agent waits for its tools in turn.', [
          query(
            `histogram_quantile(0.95, sum by (le, server, gen_ai_tool_name) (rate(${CALLS}_bucket[$__rate_interval])))`,
            '{{server}} {{gen_ai_tool_name}}',
          ),
        ]),
        graph(
          'Tools that failed',
          'ops',
          'The tool says of itself that it failed: the model reads why, and may try something else.',
          [
            query(
              `sum by (server, gen_ai_tool_name) (rate(${CALLS}_count{error_type="tool_error"}[$__rate_interval])) or vector(0)`,
              '{{server}} {{gen_ai_tool_name}}',
            ),
          ],
        ),
      ],
    },
  ],
};
