import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, createRegistry } from '@millrace/runtime';
import { waitUntil } from '@millrace/testing';
import { APICallError } from 'ai';
import type { FastifyInstance } from 'fastify';
import { createApp } from '../src/app.js';
import { ScriptBook } from '../src/script-book.js';
import { askModel } from './ask-model.js';

const book = new ScriptBook();
let app: FastifyInstance;
let stopping: AbortController;
let origin: string;

beforeEach(async () => {
  stopping = new AbortController();
  const readiness = { problems: () => [] };
  app = createApp({
    book,
    stopping: stopping.signal,
    logger: createLogger('model-script', 'silent'),
    registry: createRegistry(),
    readiness,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  stopping.abort();
  await app.close();
});

describe('a scripted model, asked with the AI SDK', () => {
  it('answers with the text and the usage of its script', async () => {
    book.replace([{ name: 'any', answers: [{ text: 'hello', usage: { input: 33, output: 15, cached: 8 } }] }]);
    const { text, finishReason, usage } = await askModel(origin, 'hi');
    expect({ text, finishReason }).toEqual({ text: 'hello', finishReason: 'stop' });
    expect(usage).toMatchObject({
      inputTokens: 33,
      outputTokens: 15,
      totalTokens: 48,
      inputTokenDetails: { cacheReadTokens: 8 },
    });
  });

  it('asks for tools with arguments, more than one at once', async () => {
    const calls = ['a', 'b'].map((at) => ({ tool: 'look', arguments: { at } }));
    book.replace([{ name: 'any', answers: [{ calls }] }]);
    const { toolCalls, finishReason } = await askModel(origin, 'hi');
    expect(finishReason).toBe('tool-calls');
    expect(toolCalls.map(({ toolName, input }) => [toolName, input])).toEqual([
      ['look', { at: 'a' }],
      ['look', { at: 'b' }],
    ]);
  });

  it('follows the first script whose words are in the conversation', async () => {
    book.replace([
      { name: 'one', when: 'incident', answers: [{ text: 'first' }] },
      { name: 'two', answers: [{ text: 'second' }] },
    ]);
    expect((await askModel(origin, 'an incident')).text).toBe('first');
    expect((await askModel(origin, 'anything')).text).toBe('second');
    expect(book.requests).toEqual({
      total: 2,
      last: [
        { n: 1, script: 'one', answer: 0, outcome: 'answer' },
        { n: 2, script: 'two', answer: 0, outcome: 'answer' },
      ],
    });
  });

  it('gives the same answer to the same conversation, and the next one to a longer conversation', async () => {
    book.replace([{ name: 'any', answers: [{ text: 'first' }, { text: 'second' }] }]);
    const turn = (messages: object[]) => complete({ model: 'scripted', messages });
    const user = { role: 'user', content: 'hi' };
    const texts = [];
    for (const messages of [[user], [user], [user, { role: 'assistant', content: 'first' }, user]]) {
      const { body } = await turn(messages);
      texts.push((body as { choices: { message: { content: string } }[] }).choices[0]?.message.content);
    }
    expect(texts).toEqual(['first', 'first', 'second']);
  });

  it('sends arguments that are no JSON when its script says so', async () => {
    book.replace([{ name: 'any', answers: [{ calls: [{ tool: 'look', arguments: '{"at":' }] }] }]);
    const { toolCalls } = await askModel(origin, 'hi');
    expect(toolCalls).toEqual([expect.objectContaining({ toolName: 'look', invalid: true })]);
  });

  it('gives an empty answer when its script has nothing in it', async () => {
    book.replace([{ name: 'any', answers: [{}] }]);
    const { text, toolCalls } = await askModel(origin, 'hi');
    expect({ text, toolCalls }).toEqual({ text: '', toolCalls: [] });
  });

  it('fails as often as its script says, with a status and Retry-After, and answers then', async () => {
    const faults = [
      { kind: 'http-error', status: 429, retryAfterSeconds: 7, times: 2 },
      { kind: 'http-error', status: 500 },
    ];
    book.replace([{ name: 'any', answers: [{ text: 'at last', faults }] }]);
    for (const expected of [429, 429, 500]) {
      const error = await askModel(origin, 'hi').catch((thrown: unknown) => thrown);
      expect(APICallError.isInstance(error)).toBe(true);
      const { statusCode, responseHeaders } = error as APICallError;
      expect([statusCode, responseHeaders?.['retry-after']]).toEqual([expected, expected === 429 ? '7' : undefined]);
    }
    expect((await askModel(origin, 'hi')).text).toBe('at last');
    expect(book.requests.last.map(({ outcome }) => outcome)).toEqual([
      'http-error',
      'http-error',
      'http-error',
      'answer',
    ]);
  });

  it.each(['cut', 'garbage'])('fails with %s', async (kind) => {
    book.replace([{ name: 'any', answers: [{ text: 'unheard', faults: [{ kind }] }] }]);
    await expect(askModel(origin, 'hi')).rejects.toThrow();
    expect((await askModel(origin, 'hi')).text).toBe('unheard');
  });

  it('keeps a caller waiting until the caller leaves', async () => {
    book.replace([{ name: 'any', answers: [{ faults: [{ kind: 'hang' }] }] }]);
    await expect(askModel(origin, 'hi', AbortSignal.timeout(200))).rejects.toThrow(/timeout|abort/i);
  });

  it('lets go of a caller that is kept waiting when it stops', async () => {
    book.replace([{ name: 'any', answers: [{ faults: [{ kind: 'hang' }] }] }]);
    const failure = expect(askModel(origin, 'hi')).rejects.toThrow();
    await waitUntil(() => book.requests.total === 1, 'the model is asked');
    stopping.abort();
    await failure;
  });
});

describe('/v1/chat/completions', () => {
  const user = { role: 'user', content: 'hi' };

  it('refuses a conversation without a script, and one past the end of its script', async () => {
    book.replace([{ name: 'short', when: 'hi', answers: [{ text: 'once' }] }]);
    const stranger = await complete({ model: 'm', messages: [{ role: 'user', content: 'else' }] });
    expect(stranger).toMatchObject({ status: 400, body: { error: { code: 'no_script' } } });
    const past = await complete({ model: 'm', messages: [user, { role: 'assistant', content: 'once' }] });
    expect(past).toMatchObject({ status: 400, body: { error: { code: 'script_ended' } } });
  });

  it('gives the last answer for ever where the script repeats', async () => {
    book.replace([{ name: 'loop', repeat: true, answers: [{ text: 'again' }] }]);
    const said = { role: 'assistant', content: 'again' };
    expect((await complete({ model: 'm', messages: [user, said, said, said] })).status).toBe(200);
  });

  it.each([
    ['no messages', { model: 'm', messages: [] }],
    ['a stream', { model: 'm', messages: [user], stream: true }],
  ])('refuses %s', async (_what, body) => {
    expect(await complete(body)).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
  });
});

describe('PUT /scripts', () => {
  it('refuses what is no script, with a pointer, and keeps the scripts it had', async () => {
    book.replace([{ name: 'kept', answers: [{ text: 'still here' }] }]);
    const response = await fetch(`${origin}/scripts`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ name: 'bad', answers: [{ calls: [{}] }] }]),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'MODEL_SCRIPTS_INVALID',
      errors: [{ pointer: '/0/answers/0/calls/0/tool' }],
    });
    expect((await askModel(origin, 'hi')).text).toBe('still here');
  });
});

async function complete(body: object): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe('the witness of a scripted model', () => {
  const counting = {
    name: 'counts',
    take: { eventId: '"id":"*"' },
    count: 'eventId',
    answers: [{ text: 'once', faults: [{ kind: 'http-error' }] }],
  };
  const read = async (query = '') => (await fetch(`${origin}/witness${query}`)).json();

  it('counts the questions by what they are about, those included that failed, page by page', async () => {
    book.replace([counting]);
    await expect(askModel(origin, '{"id":"e-1"}')).rejects.toThrow();
    await askModel(origin, '{"id":"e-1"}');
    await askModel(origin, '{"id":"e-2"}');
    await askModel(origin, 'about nothing that is counted');
    const first = await read('?limit=1');
    expect(first).toMatchObject({ uncounted: 0, subjects: 2, counts: { 'e-1': [2] }, next: 1 });
    expect(await read('?after=1')).toEqual({
      run: (first as { run: string }).run,
      uncounted: 0,
      subjects: 2,
      counts: { 'e-2': [1] },
    });
    expect((await fetch(`${origin}/witness?limit=0`)).status).toBe(400);
  });

  it('forgets them with the scripts', async () => {
    book.replace([counting]);
    expect(await read()).toMatchObject({ subjects: 0, counts: {} });
  });
});
