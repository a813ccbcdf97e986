import { expect, it } from '@jest/globals';
import type { AskModel } from '@millrace/agent';
import type { Event } from '@millrace/events';
import { contextIdOf, getContext, readWholeRecord } from '@millrace/stream-client';
import type { Models } from '../src/agents/models.js';
import { keyIn, partitions, post, setFourPartitions, startConsumer, untilNothingIsOpen } from './four-partitions.js';
import { anEvent, ok, ScriptedTools, someRoutes } from './start-consuming.js';

const agentWith = (settings: string) =>
  someRoutes(`
routes:
  - id: care
    on: { type: asked }
    agent: { tools: ['gcp/*'], instructions: Help., trust: anonymous, afterOutside: never, context: subject }
    delivery: effectively-once
    idempotency: key
    ${settings}
`);

setFourPartitions();

class Cloud extends ScriptedTools {
  async listTools() {
    return { kind: 'ok' as const, tools: [{ name: 'look', inputSchema: { type: 'object' } }] };
  }
}

/** A model that says at once what it was asked last, and how many are asking. */
function listening() {
  const openings: string[] = [];
  let working = 0;
  let most = 0;
  const ask: AskModel = async ({ opening }) => {
    openings.push(opening);
    working += 1;
    most = Math.max(most, working);
    await new Promise((resolve) => setTimeout(resolve, 5));
    working -= 1;
    return { text: 'fine', calls: [], finish: 'stop', usage: { input: 1, output: 1, cached: 0 } };
  };
  const prices = { input: 0, output: 0, cached: 0 };
  const models: Models = new Map([['default', { ask, prices, maxOutputTokens: 100 }]]);
  return { models, openings, most: () => most };
}

function asked(id: string, partitionkey: string, subject: string): Event {
  const event = anEvent(id, 'asked', { words: `question ${id}` });
  return { ...event, attributes: { ...event.attributes, partitionkey, subject } };
}

it.each(['', 'ordered: subject'])(
  'a context by the subject is one, however many partitions its events were accepted in (%p)',
  async (settings) => {
    const { models, openings, most } = listening();
    for (let at = 0; at < 2; at++) await startConsumer(agentWith(settings), new Cloud(() => ok()), { models });
    const subject = keyIn(3);
    const refs = await Promise.all([0, 1, 2, 3].map((origin) => post(asked(`from-${origin}`, keyIn(origin), subject))));
    await untilNothingIsOpen();
    for (const ref of refs) expect((await readWholeRecord(partitions, ref))?.state).toBe('done');
    expect([openings.length, most()]).toEqual([4, 1]);
    const id = contextIdOf({ route: 'care', name: subject });
    const found = await Promise.all(partitions.all.map((stream) => getContext(stream, id)));
    expect(found.map((context) => (context?.memory as { events: number } | undefined)?.events)).toEqual([
      ...[undefined, undefined, undefined],
      4,
    ]);
  },
);
