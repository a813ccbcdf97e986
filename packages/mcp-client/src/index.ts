export { type ToolCallClass, ToolCallError, type ToolCallErrorCode, type ToolCallErrorOptions } from './errors.js';
export { IDEMPOTENCY_KEY_META } from './request-params.js';
export type { ServerSettings } from './servers.js';
export type { CallFacts, CallOutcome, ToolCall, ToolCaller, ToolResult } from './tool-call.js';
export { createToolCaller, type ToolCallerOptions, type ToolCallerWithLife } from './tool-caller.js';
