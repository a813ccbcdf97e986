import type { ToolCall } from '../tool-call.js';

/** Where the idempotency key travels: MCP has no field for one. */
export const IDEMPOTENCY_KEY_META = 'millrace.dev/idempotency-key';

// W3C Trace Context. Producers choose these values, so what is not well formed goes no further.
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The `params` of the `tools/call` request. */
export function callParams(call: ToolCall, progressToken: string | undefined) {
  const { input } = call;
  return {
    name: call.tool,
    arguments: { ...call.arguments },
    _meta: {
      [IDEMPOTENCY_KEY_META]: call.idempotencyKey,
      ...callHeaders(call),
      ...(progressToken === undefined ? {} : { progressToken }),
    },
    ...(input === undefined ? {} : { inputResponses: { ...input.responses } }),
    ...(input?.requestState === undefined ? {} : { requestState: input.requestState }),
  };
}

/** HTTP headers of this call alone: its trace context, for proxies that do not read bodies. */
export function callHeaders({ traceparent, tracestate }: ToolCall): Record<string, string> {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return {};
  return tracestate !== undefined && TRACESTATE.test(tracestate) ? { traceparent, tracestate } : { traceparent };
}
