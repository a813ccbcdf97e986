export { type DescribedServer, withSecrets } from './access/with-secrets.js';
export { type AnyCall, type AnyCallParts, callAny, type Failover, type Hedge, type Tried } from './calling/call-any.js';
export { createToolCaller, type ToolCallerOptions, type ToolCallerWithLife } from './calling/tool-caller.js';
export { type ToolCallClass, ToolCallError, type ToolCallErrorCode, type ToolCallErrorOptions } from './errors.js';
export type { BreakerSettings, BreakerState } from './guards/breaker.js';
export { Fleet, type ServerState } from './guards/fleet.js';
export type { FleetObserver, FleetOptions, WithheldFor } from './guards/fleet-options.js';
export type { Rate, RateLimiter, Turn } from './guards/rates.js';
export type { InputGiven, InputWanted } from './outcomes/input-wanted.js';
export type { CredentialSettings, ServerSettings, TlsSettings } from './servers.js';
export { IDEMPOTENCY_KEY_META } from './sessions/request-params.js';
export {
  type CallFacts,
  type CallOutcome,
  NO_HINTS,
  type Progress,
  type ResourceOutcome,
  type ResourceRead,
  type ResourceReader,
  type ToolAnnotations,
  type ToolCall,
  type ToolCaller,
  type ToolDescription,
  type ToolHints,
  type ToolKnowledge,
  type ToolLister,
  type ToolListing,
  type ToolResult,
} from './tool-call.js';
export { pinOf } from './tools/tool-pin.js';
