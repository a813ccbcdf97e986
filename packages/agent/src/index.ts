export { createModel, type ModelSettings } from './create-model.js';
export type { AgentToolCall, Journal, StepTools, ToolAnswer } from './journal.js';
export type { AgentLimits, LimitName, ModelPrices, Spent } from './limits.js';
export type { AskModel, ModelAnswer, ModelCall, ModelTool, ModelUsage, Question, Turn } from './model-answer.js';
export { ModelError, type ModelErrorCode } from './model-error.js';
export type { ServerTool } from './offered-tools.js';
export type { AgentFailure, AgentOutcome, AgentReport, CallReport, StepReport } from './outcome.js';
export { isAllowed, isToolPattern, type ToolName } from './policy.js';
export { type AgentParts, type AgentTask, runAgent } from './run-agent.js';
