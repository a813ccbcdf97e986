import type { ToolCallError, ToolResult } from '@millrace/mcp-client';

/** What the ledger notes of an effect after its call has failed. */
export function stateAfter(error: ToolCallError): 'failed' | 'not-sent' | 'unknown' {
  return STATE_AFTER[error.class];
}

const STATE_AFTER: Readonly<Record<ToolCallError['class'], 'failed' | 'not-sent' | 'unknown'>> = {
  'not-sent': 'not-sent',
  refused: 'failed',
  'failed-by-tool': 'failed',
  unknown: 'unknown',
  // It was carried out, but its answer is not one that could be served.
  'invalid-result': 'unknown',
  'needs-input': 'failed',
};

/** The part of a tool's result that people, expressions and handlers work with. */
export function usableResult(result: ToolResult): unknown {
  return result.structuredContent ?? result.content;
}
