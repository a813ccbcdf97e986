import { describe, expect, it } from '@jest/globals';
import { type AskModel, ModelError, type Question } from '@millrace/agent';
import { contextIdOf, getContext } from '@millrace/stream-client';
import type { Models } from '../src/agents/models.js';
import { setStage, start, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, someRoutes, untilState } from './start-consuming.js';

setStage();

const MAX_BYTES = 2_048;
const routes = (more = '') =>
  someRoutes(`
routes:
  - id: care
    on: { type: asked }
    agent:
      tools: []
      instructions: Help the customer.
      trust: anonymous
      context: data.customer
      memory: { bytes: ${MAX_BYTES}, summary: model }
      ${more}
    delivery: effectively-once
`);

class Cloud extends ScriptedTools {
  async listTools() {
    return { kind: 'ok' as const, tools: [] };
  }
}

const isSummary = ({ opening }: Question) => opening.includes('"events":[');

/** A model that answers at length, and sums up as the test says. */
function summing(sumUp: (nth: number) => string) {
  const summaries: string[] = [];
  const ask: AskModel = async (question) => {
    const usage = { input: 10, output: 1, cached: 0 };
    if (!isSummary(question)) return { text: 'answered '.repeat(50), calls: [], finish: 'stop', usage };
    summaries.push(question.opening);
    return { text: sumUp(summaries.length), calls: [], finish: 'stop', usage };
  };
  const models: Models = new Map([
    ['default', { ask, prices: { input: 1_000_000, output: 0, cached: 0 }, maxOutputTokens: 100 }],
  ]);
  return { models, summaries };
}

const ask = (id: string) => post(stream, anEvent(id, 'asked', { customer: 'ada', words: `question ${id}` }));

async function memory() {
  const found = await getContext(stream, contextIdOf({ route: 'care', name: 'ada' }));
  return found?.memory as { events: number; summary: string; turns: readonly { event: string }[] };
}

/** The record's result of the events, one after the other. */
async function askAll(ids: readonly string[]) {
  const results: { spent: { steps: number; input: number; cost: number } }[] = [];
  for (const id of ids) {
    const [delivery] = (await untilState(stream, await ask(id), 'done')).deliveries;
    expect(delivery?.attempts).toBe(1);
    results.push(delivery?.result as (typeof results)[number]);
  }
  return results;
}

describe('a memory that is summed up by a model', () => {
  it('has its words for what there is no room for, with what they said before, and the record counts the question', async () => {
    const { models, summaries } = summing((nth) => `summary ${nth}`);
    await start(stream, routes('limits: { cost: 1000 }'), new Cloud(() => ok()), { models });
    const results = await askAll(['1', '2', '3', '4']);
    expect(summaries.length).toBeGreaterThan(0);
    expect(summaries[0]).toContain('question 1');
    const { summary, turns, events } = await memory();
    expect({ events, summary }).toEqual({ events: 4, summary: `summary ${summaries.length}` });
    expect(turns.at(-1)?.event).toContain('question 4');
    expect(summaries.at(-1)).toContain(`"before":"${summaries.length > 1 ? `summary ${summaries.length - 1}` : ''}"`);
    expect(results[0]?.spent).toMatchObject({ steps: 1, input: 10, cost: 10 });
    expect(results.at(-1)?.spent).toMatchObject({ steps: 1, input: 20, cost: 20 });
  });

  it('goes by its rules where the model fails, or has no words; the deliveries are done all the same', async () => {
    const { models, summaries } = summing((nth) => {
      if (nth === 1) throw new ModelError('MODEL_SERVER_ERROR', 'unknown', 'for a test');
      return '';
    });
    await start(stream, routes('limits: { cost: 1000 }'), new Cloud(() => ok()), { models });
    await askAll(['1', '2', '3', '4']);
    expect(summaries.length).toBeGreaterThan(1);
    expect((await memory()).summary).toMatch(/^20\d\d-.* answered/);
  });

  it('is not asked for by a run that has come to a limit', async () => {
    const { models, summaries } = summing(() => 'summary');
    await start(stream, routes('limits: { cost: 10 }'), new Cloud(() => ok()), { models });
    await askAll(['1', '2', '3', '4']);
    expect(summaries).toEqual([]);
    expect((await memory()).summary).toMatch(/ answered/);
  });

  it('stays within its bytes, whatever the model writes', async () => {
    const { models } = summing(() => '"é\n'.repeat(20_000));
    await start(stream, routes('limits: { cost: 1000 }'), new Cloud(() => ok()), { models });
    await askAll(['1', '2', '3', '4']);
    expect(Buffer.byteLength(JSON.stringify(await memory()))).toBeLessThanOrEqual(MAX_BYTES);
  });
});
