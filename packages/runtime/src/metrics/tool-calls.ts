import { Counter, Gauge, type Registry } from 'prom-client';
import { DURATION_BUCKETS } from './buckets.js';
import { createTracedHistogram } from './traced-histogram.js';

/** Calls of tools on MCP servers, and what keeps them from being sent. */
export function createToolCallMetrics(registry: Registry) {
  const registers = [registry];
  return {
    toolCallDuration: createTracedHistogram(registry, {
      name: 'mcp_client_operation_duration_seconds',
      help: 'Tool calls by server and tool. error_type is there for those that failed: tool_error where the tool said so in an answer that is a success to HTTP and JSON-RPC, else what is known of the call.',
      labelNames: ['mcp_method_name', 'gen_ai_tool_name', 'server', 'error_type'],
      buckets: DURATION_BUCKETS,
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
  };
}
