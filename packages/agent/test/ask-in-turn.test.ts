import { describe, expect, it } from '@jest/globals';
import { type Asked, askInTurn } from '../src/ask-in-turn.js';
import type { AskModel } from '../src/model-answer.js';
import { ModelError, type ModelErrorCode } from '../src/model-error.js';

const usage = { input: 1, output: 1, cached: 0 };
const answers: AskModel = async () => ({ text: 'here', calls: [], finish: 'stop', usage });
const fails =
  (code: ModelErrorCode): AskModel =>
  async () => {
    throw new ModelError(code, 'unknown', 'for a test');
  };
const question = { instructions: '', opening: '', turns: [], tools: [], maxOutputTokens: 1 };

async function ask(...models: readonly [AskModel, ...AskModel[]]) {
  const asked: Asked[] = [];
  const [first, ...others] = models.map((one, n) => ({ name: `model-${n}`, ask: one }));
  if (first === undefined) throw new Error('there is no model');
  const asking = askInTurn([first, ...others], (one) => asked.push(one));
  const result = await asking(question, new AbortController().signal).catch((error: ModelError) => error.code);
  return { result, asked: asked.map(({ model, outcome }) => [model, 'code' in outcome ? outcome.code : 'answer']) };
}

describe('askInTurn', () => {
  it('asks nobody else while the first model answers, and says who did', async () => {
    const { result, asked } = await ask(answers, answers);
    expect(result).toMatchObject({ text: 'here', by: 'model-0' });
    expect(asked).toEqual([['model-0', 'answer']]);
  });

  it.each([
    'MODEL_UNREACHABLE',
    'MODEL_SERVER_ERROR',
    'MODEL_TIMEOUT',
    'MODEL_ANSWER_LOST',
    'MODEL_THROTTLED',
  ] as const)('asks the next one, once, after %s', async (code) => {
    const { result, asked } = await ask(fails(code), fails(code), answers);
    expect(result).toMatchObject({ by: 'model-2' });
    expect(asked).toEqual([
      ['model-0', code],
      ['model-1', code],
      ['model-2', 'answer'],
    ]);
  });

  it.each(['MODEL_UNAUTHORIZED', 'MODEL_REQUEST_REJECTED', 'MODEL_ANSWER_INVALID', 'MODEL_ABORTED'] as const)(
    'asks nobody else after %s, which is no outage',
    async (code) => {
      const { result, asked } = await ask(fails(code), answers);
      expect([result, asked.length]).toEqual([code, 1]);
    },
  );

  it('fails as the last one did when all are out', async () => {
    expect((await ask(fails('MODEL_TIMEOUT'), fails('MODEL_UNREACHABLE'))).result).toBe('MODEL_UNREACHABLE');
  });
});
