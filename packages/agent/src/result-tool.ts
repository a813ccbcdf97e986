import { compileSchema } from '@millrace/config-files';
import type { ModelAnswer, ModelTool } from './model-answer.js';

/** What a model calls to hand in its result. No tool of a server has a name without `__` in it. */
export const RESULT_TOOL = 'submit_result';

/** What an answer means for the result. */
export type Handed =
  /** It hands nothing in. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'refused'; readonly reason: string };

/** Takes a result of a given shape out of a model's answers. */
export interface ResultTool {
  readonly forModel: ModelTool;
  readonly take: (answer: ModelAnswer) => Handed;
}

/** Builds it from a JSON Schema of an object. Throws `TypeError` for a schema that cannot be used. */
export function createResultTool(schema: object): ResultTool {
  const compiled = compileSchema(schema, 'own');
  if ('problem' in compiled) throw new TypeError(`the schema of the result cannot be used: ${compiled.problem}`);
  const take = ({ calls }: ModelAnswer): Handed => {
    const handed = calls.find(({ name }) => name === RESULT_TOOL);
    if (handed === undefined) return { kind: 'nothing' };
    // Whatever else it asks for here, it could not have known the answers.
    if (calls.length > 1)
      return { kind: 'refused', reason: 'hand in the result by itself, when everything else is done' };
    const { count, first } = compiled.check(handed.input);
    if (count === 0) return { kind: 'result', result: handed.input };
    return { kind: 'refused', reason: first.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; ') };
  };
  const description = 'Hands in your result and ends the task. Call it once, by itself, when you are through.';
  return { forModel: { name: RESULT_TOOL, description, inputSchema: schema }, take };
}
