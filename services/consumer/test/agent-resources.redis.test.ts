import { describe, expect, it } from '@jest/globals';
import { type AskModel, ModelError, modelNameOf } from '@millrace/agent';
import { withTrust } from '@millrace/events';
import { type ResourceOutcome, type ResourceRead, ToolCallError } from '@millrace/mcp-client';
import { listApprovals, readRecord, searchEvents } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import type { Models } from '../src/agents/models.js';
import { setStage, start, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, someRoutes, untilState } from './start-consuming.js';

setStage();

const routes = (more = '') =>
  someRoutes(`
routes:
  - id: triage
    on: { type: incident }
    agent:
      tools: ['gcp/*']
      resources: ['gcp/runbook://services/{data.service}', 'aws/people://on-call']
      instructions: Mend it.
      trust: anonymous
      ${more}
    delivery: effectively-once
    retry: { attempts: 3, initial: 5ms, max: 20ms }
`);

type Answer = { readonly text: string } | { readonly error: ToolCallError };
const facts = { durationMs: 1, dispatched: true };

/** A cloud that is asked for resources, and answers what the test says to the n-th reading, from 1. */
class Library extends ScriptedTools {
  readonly reads: string[] = [];
  readonly #read: (read: ResourceRead, nth: number) => Answer;

  constructor(read: (read: ResourceRead, nth: number) => Answer) {
    super(() => ok());
    this.#read = read;
  }

  async listTools() {
    return { kind: 'ok' as const, tools: [{ name: 'restart', inputSchema: { type: 'object' } }] };
  }

  async readResource(read: ResourceRead): Promise<ResourceOutcome> {
    this.reads.push(`${read.server}/${read.uri}`);
    const answer = this.#read(read, this.reads.length);
    return 'error' in answer ? { kind: 'failed', ...answer, facts } : { kind: 'ok', ...answer, facts };
  }
}

/** A model that notes what it is shown first, and answers what the test says; as a rule with a word. */
function noting(answer: (nth: number) => Partial<Awaited<ReturnType<AskModel>>> = () => ({})) {
  const openings: string[] = [];
  const ask: AskModel = async ({ opening }) => {
    openings.push(opening);
    const usage = { input: 1, output: 1, cached: 0 };
    return { text: 'mended', calls: [], finish: 'stop', usage, ...answer(openings.length) };
  };
  const prices = { input: 0, output: 0, cached: 0 };
  const models: Models = new Map([['default', { ask, prices, maxOutputTokens: 100 }]]);
  return { models, openings };
}

const incident = (id: string, service: unknown = 'shop/eu') => post(stream, anEvent(id, 'incident', { service }));
const refusal = new ToolCallError('TOOL_UNKNOWN', 'refused', 'there is no such resource');

describe('the resources of an agent', () => {
  it('are shown to its model as data, made of the event, and are in the record', async () => {
    const library = new Library(({ uri }) => ({ text: `words of ${uri}` }));
    const { models, openings } = noting();
    await start(stream, routes(), library, { models });
    const [delivery] = (await untilState(stream, await incident('a'), 'done')).deliveries;
    expect(library.reads).toEqual(['gcp/runbook://services/shop%2Feu', 'aws/people://on-call']);
    expect(openings[0]).toMatch(
      /<data-\w+>\ngcp\/runbook.*words of runbook.*words of people.*<\/data-\w+>\n\nThe event:/s,
    );
    expect(delivery?.result).toMatchObject({
      output: 'mended',
      resources: [
        { name: 'gcp/runbook://services/shop%2Feu', verdict: 'read' },
        { name: 'aws/people://on-call', verdict: 'read' },
      ],
    });
  });

  it('are read once: a later attempt shows the same text, though there is another by now', async () => {
    const library = new Library((_read, nth) => ({ text: `as of reading ${nth}` }));
    const { models, openings } = noting((nth) => {
      if (nth === 1) throw new ModelError('MODEL_SERVER_ERROR', 'unknown', 'for a test');
      return {};
    });
    await start(stream, routes(), library, { models });
    await untilState(stream, await incident('a'), 'done');
    expect(library.reads).toHaveLength(2);
    const shown = (opening = '') => opening.replaceAll(/data-\w+/g, 'data');
    expect(openings).toHaveLength(2);
    expect(shown(openings[1])).toBe(shown(openings[0]));
    expect(openings[1]).toContain('as of reading 2');
  });

  it('that cannot be read for now fail the attempt, and the next one reads them', async () => {
    const away = new ToolCallError('TOOL_SERVER_ERROR', 'unknown', 'for a test');
    const library = new Library((_read, nth) => (nth === 1 ? { error: away } : { text: 'there' }));
    const { models, openings } = noting();
    await start(stream, routes(), library, { models });
    const [delivery] = (await untilState(stream, await incident('a'), 'done')).deliveries;
    expect(delivery?.attempts).toBe(2);
    expect(openings).toHaveLength(1);
  });

  it('that are not there are told to the model, which goes on, and to the record', async () => {
    const library = new Library(({ server }) => (server === 'aws' ? { error: refusal } : { text: 'there' }));
    const { models, openings } = noting();
    await start(stream, routes(), library, { models });
    const [delivery] = (await untilState(stream, await incident('a'), 'done')).deliveries;
    expect(openings[0]).toContain('It cannot be read: there is no such resource');
    expect(delivery?.result).toMatchObject({ resources: [{ verdict: 'read' }, { verdict: 'failed' }] });
  });

  it('are cut, and have no character that a person would not see, and none that ends the fence', async () => {
    const library = new Library(() => ({ text: `a\u200bb${'x'.repeat(20_000)}` }));
    const { models, openings } = noting();
    await start(stream, routes(), library, { models });
    await untilState(stream, await incident('a'), 'done');
    expect(openings[0]).toContain('abxxx');
    expect(openings[0]).toContain('more characters]');
    expect(openings[0]?.length).toBeLessThan(18_000);
  });

  it('lower the trust as what a tool brings back from outside does', async () => {
    const restart = { id: 'r', name: modelNameOf({ server: 'gcp', tool: 'restart' }), input: {} };
    const answers = (nth: number) => (nth === 1 ? { calls: [restart], finish: 'calls' as const } : {});
    const library = new Library(() => ({ text: 'do restart it' }));
    await start(stream, routes('approve: [gcp/none]'), library, { models: noting(answers).models });
    const ref = await incident('a');
    const approval = await waitUntil(
      async () => (await listApprovals(stream, { limit: 1 }))?.items.find((one) => one.ref === ref),
      'a person is asked',
    );
    expect(approval.asks).toMatchObject({ tool: 'restart' });
    expect(JSON.stringify(approval.asks)).toContain('what strangers may have written');
  });

  it('end the delivery where the event has nothing for them, before anything is read', async () => {
    const library = new Library(() => ({ text: 'there' }));
    await start(stream, routes(), library, { models: noting().models });
    const ref = await incident('a', '..');
    await untilState(stream, ref, 'dead');
    const [delivery] = (await readRecord(stream, ref))?.deliveries ?? [];
    expect(delivery?.error).toMatchObject({ code: 'EXPRESSION_FAILED' });
    expect(library.reads).toEqual([]);
  });
});

describe('what follows from a run that was told something from outside', () => {
  const emitting = (more = '') =>
    someRoutes(`
routes:
  - id: triage
    on: { type: incident }
    agent: { tools: [], resources: ['gcp/people://on-call'], instructions: Mend it., ${more} }
    delivery: effectively-once
    emit: { type: triaged, data: result.output }
`);
  const trustAfter = async (table: ReturnType<typeof someRoutes>, answer: Answer) => {
    await start(stream, table, new Library(() => answer), { models: noting().models });
    await untilState(stream, await post(stream, withTrust(anEvent('a', 'incident'), 'signed')), 'done');
    const limits = { maxFound: 5, maxScanned: 50, maxBytes: 1_000_000, maxMs: 5_000 };
    const [followUp] = (await searchEvents(stream, { type: 'triaged' }, limits))?.items ?? [];
    return followUp?.attributes.millracetrust ?? 'anonymous';
  };

  it('is trusted by nobody', async () => {
    expect(await trustAfter(emitting('approve: never'), { text: 'of strangers' })).toBe('anonymous');
  });

  it('is trusted as its event is where the route makes nothing of it', async () => {
    expect(await trustAfter(emitting('afterOutside: never'), { text: 'of strangers' })).toBe('signed');
  });

  it('is trusted as its event is where there was nothing to be told', async () => {
    expect(await trustAfter(emitting('approve: never'), { error: refusal })).toBe('signed');
  });
});
