import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventSchemas, loadEventSchemas } from '@millrace/config-files';
import { defineHandler } from '@millrace/handlers';
import { listDeadLetters, redriveDeadLetter } from '@millrace/stream-client';
import { setStage, start, stopAll, stream } from './stage.js';
import { anEvent, ok, post, ScriptedTools, someRoutes, untilState } from './start-consuming.js';

let dir: string;
let schemas: EventSchemas;

setStage();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-schemas-'));
  await mkdir(join(dir, 'schemas'));
  const scored = { type: 'object', required: ['score'], properties: { score: { type: 'number' } } };
  await writeFile(join(dir, 'schemas', 'order.scored.json'), JSON.stringify(scored));
  schemas = await loadEventSchemas(join(dir, 'schemas'));
});

afterAll(() => rm(dir, { recursive: true }));

const routes = someRoutes(`
routes:
  - id: score
    on: { type: order.created }
    call: { server: aws, tool: score }
    with: '{}'
    delivery: effectively-once
    idempotency: key
    emit: { type: order.scored, data: '{ "score": result.score }' }
`);

describe('a follow-up that breaks the schema of its type', () => {
  it('is not emitted: its delivery is a dead letter that says what is wrong, and the answer is kept for the redrive', async () => {
    const tools = new ScriptedTools(() => ok({ score: 'high' }));
    await start(stream, routes, tools, { schemas });
    const ref = await post(stream, anEvent('a'));
    const [delivery] = (await untilState(stream, ref, 'dead')).deliveries;
    expect(delivery).toMatchObject({
      state: 'dead',
      reason: 'follow-up-invalid',
      error: {
        code: 'FOLLOW_UP_INVALID',
        message: expect.stringMatching(/order\.scored.*\/data\/score must be number/),
      },
      result: { score: 'high' },
      followUps: [],
    });
    const [letter] = (await listDeadLetters(stream, { limit: 10 }))?.items ?? [];
    expect(letter?.delivery.reason).toBe('follow-up-invalid');
    await stopAll();
    // Somebody has mended the schema.
    await start(stream, routes, tools, { schemas: new Map() });
    expect(await redriveDeadLetter(stream, `${ref}.score`)).toBe('redriven');
    const record = await untilState(stream, ref, 'done');
    expect([record.deliveries[0]?.followUps.length, tools.calls.length]).toEqual([1, 1]);
  });

  it('may be one that a handler emits', async () => {
    const handled = someRoutes('routes: [{ id: work, on: { type: order.created }, handler: handlers/work.ts }]');
    const handler = defineHandler(({ emit }) => emit({ type: 'order.scored', data: {} }));
    await start(stream, handled, new ScriptedTools(() => ok()), {
      handlers: new Map([['handlers/work.ts', handler]]),
      schemas,
    });
    const ref = await post(stream, anEvent('a'));
    const [delivery] = (await untilState(stream, ref, 'dead')).deliveries;
    expect(delivery).toMatchObject({ reason: 'follow-up-invalid', followUps: [] });
  });

  it('is none where it fits', async () => {
    await start(stream, routes, new ScriptedTools(() => ok({ score: 7 })), { schemas });
    const record = await untilState(stream, await post(stream, anEvent('a')), 'done');
    expect(record.deliveries[0]?.followUps).toHaveLength(1);
  });
});
