import { calledBy, type Effect } from './effect';

/** What the record has of a run of an agent, however far it has come. */
export interface AgentRun {
  /** What it has come to; absent until it is done. */
  readonly output?: unknown;
  readonly spent: Spent;
  /** Who has answered, where there was more than one to be asked. */
  readonly models: readonly string[];
  /** Every call that it has asked for, those included that were not made. */
  readonly calls: readonly AgentCall[];
  readonly resources: readonly { readonly name: string; readonly verdict: string }[];
}

/** What a run has taken so far. */
export interface Spent {
  readonly steps: number;
  readonly calls: number;
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cost: number;
}

/** One call that a model has asked for, and what became of it. */
export interface AgentCall {
  readonly step: string;
  /** As the model asked for it. */
  readonly name: string;
  /** `server/tool`, where there is one of that name. */
  readonly tool?: string;
  readonly verdict: string;
  readonly isApproved?: boolean;
  readonly waitedMs?: number;
}

/** The run that a delivery's result tells of; undefined where it is no agent's. */
export function asAgentRun(result: unknown): AgentRun | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { spent, models, calls, resources, ...rest } = result as Partial<AgentRun>;
  if (typeof spent?.steps !== 'number' || !Array.isArray(models) || !Array.isArray(calls)) return undefined;
  const own = 'output' in rest ? { output: rest.output } : {};
  return { ...own, spent, models, calls, resources: Array.isArray(resources) ? resources : [] };
}

/** The server of a step that calls none. */
const NOBODY = '-';

/** Whether a step of an agent tells something that its run does not: a call that was made, or an answer of the model. */
export function isTelling(effect: Effect): boolean {
  const called = calledBy(effect);
  return (called !== undefined && called.server !== NOBODY) || asModelTurn(effect.result) !== undefined;
}

/** An answer of a language model, as a step of an agent keeps it. */
export interface ModelTurn {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly usage: { readonly input: number; readonly output: number };
  /** Who gave it, where there was more than one to be asked. */
  readonly by?: string;
}

/** The answer of a model that a step keeps; undefined where it keeps something else. */
export function asModelTurn(result: unknown): ModelTurn | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { text, calls, usage, by } = result as Partial<ModelTurn>;
  if (typeof text !== 'string' || !Array.isArray(calls) || typeof usage?.input !== 'number') return undefined;
  return { text, calls, usage, ...(by === undefined ? {} : { by }) };
}
