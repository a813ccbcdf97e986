import type { AskModel, ModelAnswer } from './model-answer.js';
import { ModelError, type ModelErrorCode } from './model-error.js';

/** A model that may be asked. */
export interface Candidate {
  readonly name: string;
  readonly ask: AskModel;
}

/** One question to one model, as it came out. */
export interface Asked {
  readonly model: string;
  readonly durationMs: number;
  readonly outcome: { readonly answer: ModelAnswer } | { readonly code: ModelErrorCode };
}

/** The model is out, or has no time for us: another one may have. */
const OUTAGES: ReadonlySet<ModelErrorCode> = new Set([
  'MODEL_UNREACHABLE',
  'MODEL_SERVER_ERROR',
  'MODEL_TIMEOUT',
  'MODEL_ANSWER_LOST',
  'MODEL_THROTTLED',
]);

/**
 * Asks the first model and, only where it is out, the next one: each of them once, so that nothing is a retry. The answer
 * says who gave it. Rejects with the failure of the last that was asked. `note` is told of every question.
 */
export function askInTurn(candidates: readonly [Candidate, ...Candidate[]], note: (asked: Asked) => void): AskModel {
  const askOne = async ({ name, ask }: Candidate, ...question: Parameters<AskModel>): Promise<ModelAnswer> => {
    const startedAt = performance.now();
    const tell = (outcome: Asked['outcome']) =>
      note({ model: name, durationMs: performance.now() - startedAt, outcome });
    try {
      const answer = { ...(await ask(...question)), by: name };
      tell({ answer });
      return answer;
    } catch (error) {
      if (error instanceof ModelError) tell({ code: error.code });
      throw error;
    }
  };
  return async (question, signal) => {
    for (const [at, candidate] of candidates.entries()) {
      try {
        return await askOne(candidate, question, signal);
      } catch (error) {
        const isOut = error instanceof ModelError && OUTAGES.has(error.code);
        if (!isOut || signal.aborted || at === candidates.length - 1) throw error;
      }
    }
    throw new Error('there is always a first model');
  };
}
