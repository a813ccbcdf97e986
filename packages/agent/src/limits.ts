import type { ModelUsage } from './model-answer.js';

/** What one event may cost in all its attempts together. */
export interface AgentLimits {
  /** Answers of the model. 1 to 64. */
  readonly steps: number;
  /** Tool calls that the model asks for, those included that are denied. 0 to 64. */
  readonly calls: number;
  /** Tokens, in and out together. The answer that goes past it is the last one. */
  readonly tokens: number;
  /** From the beginning of the first attempt, pauses between attempts included. */
  readonly seconds: number;
  /** In the currency of the prices. */
  readonly cost: number;
}

/** What a model costs, per million tokens. All 0 for one that costs nothing. */
export interface ModelPrices {
  readonly input: number;
  readonly output: number;
  /** Of input that came out of the model's cache. */
  readonly cached: number;
}

/** What has been spent so far. */
export interface Spent {
  readonly steps: number;
  readonly calls: number;
  readonly input: number;
  readonly output: number;
  /** How much of `input` came out of the model's cache. */
  readonly cached: number;
  readonly cost: number;
}

export type LimitName = keyof AgentLimits;

export const NOTHING_SPENT: Spent = { steps: 0, calls: 0, input: 0, output: 0, cached: 0, cost: 0 };

/** What one answer costs, in the currency of the prices. */
export function costOf({ input, output, cached }: ModelUsage, prices: ModelPrices): number {
  const millionths = (input - cached) * prices.input + cached * prices.cached + output * prices.output;
  return Math.max(0, millionths) / 1_000_000;
}

/** Adds one answer of the model. */
export function addAnswer(spent: Spent, usage: ModelUsage, prices: ModelPrices): Spent {
  return { ...addUsage(spent, usage, prices), steps: spent.steps + 1 };
}

/** Adds what an answer has taken that is no step of the run. */
export function addUsage(spent: Spent, usage: ModelUsage, prices: ModelPrices): Spent {
  const { input, output, cached } = usage;
  return {
    ...spent,
    input: spent.input + input,
    output: spent.output + output,
    cached: spent.cached + cached,
    cost: spent.cost + costOf(usage, prices),
  };
}

/** The limit that forbids another question to the model; undefined while it may be asked. Time is not judged here. */
export function findReachedLimit(limits: AgentLimits, spent: Spent): LimitName | undefined {
  if (spent.steps >= limits.steps) return 'steps';
  if (spent.input + spent.output >= limits.tokens) return 'tokens';
  // With nothing to pay, a limit of 0 is not reached.
  if (spent.cost > 0 && spent.cost >= limits.cost) return 'cost';
  return undefined;
}
