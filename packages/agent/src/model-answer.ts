/** Tokens of one answer. */
export interface ModelUsage {
  readonly input: number;
  readonly output: number;
  /** How much of `input` came out of the model's cache. */
  readonly cached: number;
}

/** A tool that the model wants called. */
export interface ModelCall {
  /** The model's own, to match the result with. */
  readonly id: string;
  /** As the model has it, which need not be a tool that there is. */
  readonly name: string;
  /** Parsed JSON; the text itself where it is not JSON. */
  readonly input: unknown;
  /** Of the provider, to be handed back with the call. */
  readonly metadata?: unknown;
}

/** One answer of a model, as it is kept: plain JSON. */
export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly ModelCall[];
  /** `refused`: the provider's filter has stopped it. `length`: it was cut. */
  readonly finish: 'stop' | 'calls' | 'length' | 'refused' | 'other';
  readonly usage: ModelUsage;
  /** The model that gave it, by the name that routes have for it; absent where there is only one to be asked. */
  readonly by?: string;
}

/** A tool as a model is told of it. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly inputSchema: object;
}

/** What a model is asked: everything so far, since it remembers nothing. */
export interface Question {
  readonly instructions: string;
  /** The first message, in the place of the user. */
  readonly opening: string;
  readonly turns: readonly Turn[];
  readonly tools: readonly ModelTool[];
  readonly maxOutputTokens: number;
}

/** One answer and what came of it. */
export interface Turn {
  readonly answer: ModelAnswer;
  /** One for each call, in their order. */
  readonly results: readonly string[];
  /** What it is told besides, in the place of the user. */
  readonly remark?: string;
}

/**
 * Asks a model once. Resolves with its answer, or rejects with `ModelError` and nothing else. It repeats nothing: whether
 * a question is asked again is decided where all retries are.
 */
export type AskModel = (question: Question, signal: AbortSignal) => Promise<ModelAnswer>;
