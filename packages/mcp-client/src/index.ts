export type { BreakerSettings, BreakerState } from './breaker.js';
export { type AnyCall, type AnyCallParts, callAny, type Failover, type Hedge, type Tried } from './call-any.js';
export { type ToolCallClass, ToolCallError, type ToolCallErrorCode, type ToolCallErrorOptions } from './errors.js';
export {
  Fleet,
  type FleetObserver,
  type FleetOptions,
  type Rate,
  type RateLimiter,
  type ServerState,
  type Turn,
  type WithheldFor,
} from './fleet.js';
export { IDEMPOTENCY_KEY_META } from './request-params.js';
export type { CredentialSettings, ServerSettings, TlsSettings } from './servers.js';
export {
  type CallFacts,
  type CallOutcome,
  type InputGiven,
  type InputWanted,
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
export { createToolCaller, type ToolCallerOptions, type ToolCallerWithLife } from './tool-caller.js';
export { pinOf } from './tool-pin.js';
export { type DescribedServer, withSecrets } from './with-secrets.js';
