import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AskModel, createModel, type Question } from '@millrace/agent';

/** An endpoint of Anthropic's shape that answers what the test says, and notes what it was asked. */
let server: Server;
let ask: AskModel;
let asked: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Record<string, unknown> }[];
let answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body: unknown };

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      asked.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  ask = createModel({ name: 'claude', api: 'anthropic', baseUrl, model: 'm-1', apiKey: 'the-key', timeoutMs: 60_000 });
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  asked = [];
});

const message = (content: readonly object[], stop: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm-1',
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage: { input_tokens: 20, cache_read_input_tokens: 80, cache_creation_input_tokens: 0, output_tokens: 7 },
});

const look = { name: 'aws__look', description: 'Looks.', inputSchema: { type: 'object', properties: {} } };
const question: Question = {
  instructions: 'Be brief.',
  opening: 'the event',
  turns: [],
  tools: [look],
  maxOutputTokens: 50,
};
const never = new AbortController().signal;

describe('a model behind Anthropic’s interface', () => {
  it('is asked with its key, its instructions and its tools, and its calls and tokens are understood', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'aws__look', input: { at: 'web' } };
    answer = { status: 200, body: message([{ type: 'text', text: 'I look.' }, call], 'tool_use') };
    expect(await ask(question, never)).toMatchObject({
      text: 'I look.',
      calls: [{ id: 'toolu_1', name: 'aws__look', input: { at: 'web' } }],
      finish: 'calls',
      usage: { input: 100, output: 7, cached: 80 },
    });
    expect(asked[0]).toMatchObject({
      path: '/v1/messages',
      headers: { 'x-api-key': 'the-key' },
      body: { model: 'm-1', max_tokens: 50, tools: [{ name: 'aws__look' }] },
    });
  });

  it('is told what its tools have answered', async () => {
    answer = { status: 200, body: message([{ type: 'text', text: 'done' }], 'end_turn') };
    const calls = [{ id: 'toolu_1', name: 'aws__look', input: {} }];
    const usage = { input: 1, output: 1, cached: 0 };
    const turn = { answer: { text: '', calls, finish: 'calls' as const, usage }, results: ['all is well'] };
    expect(await ask({ ...question, turns: [turn] }, never)).toMatchObject({ text: 'done', finish: 'stop' });
    expect(JSON.stringify(asked[0]?.body.messages)).toContain('"tool_use_id":"toolu_1"');
    expect(JSON.stringify(asked[0]?.body.messages)).toContain('all is well');
  });

  it.each([
    [429, { 'retry-after': '7' }, { code: 'MODEL_THROTTLED', retryAfterMs: 7_000 }],
    [529, {}, { code: 'MODEL_SERVER_ERROR' }],
    [401, {}, { code: 'MODEL_UNAUTHORIZED' }],
  ])('is asked once when it answers %s', async (status, headers, error) => {
    answer = { status, headers, body: { type: 'error', error: { type: 'an_error', message: 'no' } } };
    await expect(ask(question, never)).rejects.toMatchObject(error);
    expect(asked).toHaveLength(1);
  });
});
