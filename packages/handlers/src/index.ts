export { defineHandler, type Handler, isHandler } from './define-handler.js';
export { DeliveryEnded, GiveUp, ToolCallFailed } from './errors.js';
export type {
  EmittedEvent,
  HandlerContext,
  HandlerDelivery,
  HandlerEvent,
  HandlerLog,
  HandlerToolCall,
  HandlerTools,
  StepContext,
  StepIdempotency,
  StepOptions,
} from './handler-context.js';
