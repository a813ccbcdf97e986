import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createModel, type ModelSettings, type Question } from '@millrace/agent';

/** An endpoint of OpenAI's shape that notes what it was asked. */
let server: Server;
let asked: Record<string, unknown>[];

beforeAll(async () => {
  const message = { role: 'assistant', content: 'yes' };
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const answer = { id: 'a', object: 'chat.completion', created: 0, model: 'm', usage };
  const body = JSON.stringify({ ...answer, choices: [{ index: 0, message, finish_reason: 'stop' }] });
  server = createServer((request, response) => {
    void json(request).then((sent) => {
      asked.push(sent as Record<string, unknown>);
      response.setHeader('content-type', 'application/json').end(body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  asked = [];
});

const question: Question = { instructions: 'Be brief.', opening: 'hi', turns: [], tools: [], maxOutputTokens: 50 };

async function bodyOf(settings: Partial<ModelSettings> = {}): Promise<Record<string, unknown> | undefined> {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const ask = createModel({ name: 'gpt', api: 'openai', baseUrl, model: 'm', timeoutMs: 60_000, ...settings });
  await ask(question, new AbortController().signal);
  return asked[0];
}

describe('a model of an OpenAI-compatible endpoint', () => {
  it('is told how long its answer may be under the name that most endpoints have for it', async () => {
    const body = await bodyOf();
    expect(body).toMatchObject({ model: 'm', max_tokens: 50 });
    expect(body).not.toHaveProperty('max_completion_tokens');
  });

  it('is told so under the newer name, and not the older one, which some refuse, where that is what it takes', async () => {
    const body = await bodyOf({ outputLimitAs: 'max_completion_tokens' });
    expect(body).toMatchObject({ model: 'm', max_completion_tokens: 50 });
    expect(body).not.toHaveProperty('max_tokens');
  });
});
