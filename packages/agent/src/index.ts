export type { ApprovalPolicy, ApprovalRule, ToolNature } from './approval.js';
export { type Asked, askInTurn, type Candidate } from './ask-in-turn.js';
export { createModel, type ModelSettings } from './create-model.js';
export type { AgentToolCall, Journal, PersonAnswer, StepTools, ToolAnswer } from './journal.js';
export {
  type AgentLimits,
  addUsage,
  costOf,
  findReachedLimit,
  type LimitName,
  type ModelPrices,
  type Spent,
} from './limits.js';
export {
  type Fading,
  findFading,
  KNOWN_ORIGIN,
  type Memory,
  mixOrigins,
  type Origin,
  parseMemory,
  type Remembered,
  remember,
  renderMemory,
} from './memory.js';
export type { AskModel, ModelAnswer, ModelCall, ModelTool, ModelUsage, Question, Turn } from './model-answer.js';
export { ModelError, type ModelErrorCode } from './model-error.js';
export type { ServerTool } from './offered-tools.js';
export type { AgentFailure, AgentOutcome, AgentReport, CallReport, StepReport } from './outcome.js';
export { isAllowed, isToolPattern, type ToolName } from './policy.js';
export { type AgentParts, type AgentTask, runAgent } from './run-agent.js';
export { type ShownResource, showResource } from './shown-resource.js';
export { type Summarized, type SummaryRoom, summarize } from './summarize.js';
export { modelNameOf } from './tool-names.js';
