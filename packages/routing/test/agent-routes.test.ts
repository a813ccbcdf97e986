import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseModels, parseRoutes } from '@millrace/routing';

const servers = new Set(['aws', 'gcp']);
const parse = (route: object) =>
  parseRoutes(JSON.stringify({ routes: [{ id: 'a', on: { all: [] }, ...route }] }), 'routes.yaml', servers);
const agent = { tools: ['gcp/*'], instructions: 'Look.' };

describe('a route with an agent', () => {
  it('has a model and limits where it names none', () => {
    expect(parse({ agent })[0]?.action).toEqual({
      kind: 'agent',
      model: 'default',
      tools: ['gcp/*'],
      resources: [],
      instructions: 'Look.',
      limits: { steps: 8, calls: 16, tokens: 50_000, seconds: 120, cost: 1 },
      approve: 'destructive',
      trust: 'keyed',
      afterOutside: 'destructive',
      renderFixed: undefined,
      contextBy: undefined,
      renderContext: undefined,
      memory: { maxBytes: 16_384, keepMs: 30 * 86_400_000, isTrusted: false, summary: 'rules' },
      onDeclined: 'tell',
    });
  });

  it('fixes arguments by the event', async () => {
    const [route] = parse({ agent: { ...agent, fixed: '{ "eventId": id }' } });
    if (route?.action.kind !== 'agent') throw new Error('it is no agent');
    expect(await route.action.renderFixed?.({ id: 'e-1' })).toEqual({ eventId: 'e-1' });
  });

  it('fixes no argument for an event that has nothing for it: the model would choose it', async () => {
    const [route] = parse({ agent: { ...agent, fixed: '( $t := data.tenant; { "eventId": id, "tenant": $t } )' } });
    if (route?.action.kind !== 'agent') throw new Error('it is no agent');
    const { renderFixed } = route.action;
    expect(await renderFixed?.({ id: 'e-1', data: { tenant: 'a' } })).toEqual({ eventId: 'e-1', tenant: 'a' });
    await expect(renderFixed?.({ id: 'e-1', data: {} })).rejects.toThrow('gave nothing for tenant');
  });

  it.each([
    ['stands beside a call', { agent, call: { server: 'gcp', tool: 'x' }, with: '{}' }, '/routes/0/agent'],
    ['stands beside a handler', { agent, handler: 'handlers/a.ts' }, '/routes/0/agent'],
    ['has arguments', { agent, with: '{}' }, '/routes/0/with'],
    ['names a server that is not there', { agent: { ...agent, tools: ['gpc/*'] } }, 'did you mean `gcp`?'],
    ['has a star for a server', { agent: { ...agent, tools: ['*/x'] } }, 'must be <server>/<tool>'],
    ['has calls approved in a word that is none', { agent: { ...agent, approve: 'sometimes' } }, 'must be destructive'],
    ['has calls approved by a pattern that is none', { agent: { ...agent, approve: ['gcp'] } }, '/agent/approve'],
    ['trusts in a word that is none', { agent: { ...agent, trust: 'friends' } }, 'must be signed, keyed or anonymous'],
    ['fixes arguments in no language', { agent: { ...agent, fixed: '{ a' } }, '/agent/fixed'],
    [
      'does not say which arguments it fixes',
      { agent: { ...agent, fixed: 'data.chosen' } },
      'must write out an object',
    ],
    ['reads from a server that is not there', { agent: { ...agent, resources: ['gpc/a://b'] } }, 'did you mean `gcp`?'],
    ['reads what is no uri', { agent: { ...agent, resources: ['gcp/runbook'] } }, 'must be <server>/<uri>'],
    ['reads half a template', { agent: { ...agent, resources: ['gcp/a://{id'] } }, '/routes/0/agent/resources/0'],
    ['reads too much', { agent: { ...agent, resources: Array(9).fill('gcp/a://b') } }, '/agent/resources'],
    ['has no instructions', { agent: { tools: [] } }, '/routes/0/agent/instructions'],
    ['has more steps than are recorded', { agent: { ...agent, limits: { steps: 65 } } }, '/limits/steps'],
    ['has a result that is no object', { agent: { ...agent, result: { type: 'string' } } }, '/agent/result'],
    ['has a result that is no schema', { agent: { ...agent, result: { type: 'object', need: [] } } }, '/agent/result'],
  ])('is refused when it %s', (_what, route, words) => {
    expect(() => parse(route)).toThrow(words);
  });
});

describe('parseModels', () => {
  it('has no model in an empty text', () => {
    expect(parseModels('', 'models.yaml', {})).toEqual([]);
  });

  it('puts variables into urls, and leaves a key to its variable', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of the file, not of a template
    const text = 'models: { default: { url: "${URL:-http://127.0.0.1:1/v1}", model: m, apiKeyFrom: THE_KEY } }';
    const expected = {
      name: 'default',
      model: 'm',
      apiKeyFrom: 'THE_KEY',
      apiKeyOptional: false,
      fallbacks: [],
      api: 'openai',
      timeoutMs: 60_000,
      maxOutputTokens: 4_096,
      outputLimitAs: 'max_tokens',
    };
    const prices = { input: 0, output: 0, cached: 0 };
    expect(parseModels(text, 'models.yaml', {})).toEqual([{ ...expected, prices, url: 'http://127.0.0.1:1/v1' }]);
    expect(parseModels(text, 'models.yaml', { URL: 'https://x/v1' })[0]?.url).toBe('https://x/v1');
  });

  it('puts variables into the name that the endpoint has for the model, and refuses none', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of the file, not of a template
    const text = 'models: { default: { url: "http://x/v1", model: "${NAME}" } }';
    expect(parseModels(text, 'models.yaml', { NAME: 'gpt' })[0]?.model).toBe('gpt');
    expect(() => parseModels(text, 'models.yaml', {})).toThrow('/models/default/model');
  });

  it('calls the limit of an answer as the endpoint does, unless it is told', () => {
    const limitOf = (url: string, more = '') =>
      parseModels(`models: { a: { url: ${url}, model: m${more} } }`, 'models.yaml', {})[0]?.outputLimitAs;
    expect([limitOf('https://api.openai.com/v1'), limitOf('https://x.openai.azure.com/openai/v1')]).toEqual([
      'max_completion_tokens',
      'max_completion_tokens',
    ]);
    expect(limitOf('https://api.openai.com.evil.example/v1')).toBe('max_tokens');
    expect(limitOf('http://gateway/v1', ', outputLimitAs: max_completion_tokens')).toBe('max_completion_tokens');
    expect(limitOf('https://api.openai.com/v1', ', outputLimitAs: max_tokens')).toBe('max_tokens');
  });

  it('takes the files that the documentation shows', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/agents.md'), 'utf8');
    const shown = Array.from(page.matchAll(/```yaml\n(# config\/models\.yaml\n.*?)```/gs), ([, text = '']) => text);
    const names = shown.flatMap((text) => parseModels(text.replace('fallback: other', ''), 'models.yaml', {}));
    expect(names.map(({ name }) => name)).toEqual(['default', 'openai', 'anthropic', 'ollama', 'vllm']);
  });

  it('follows fallbacks to their end, and refuses those that lead nowhere or back', () => {
    const three = (last: string) =>
      parseModels(
        `models: { a: { url: http://x/v1, model: m, fallback: b }, b: { url: http://x/v1, model: m, fallback: c }, c: { url: http://x/v1, model: m${last} } }`,
        'models.yaml',
        {},
      );
    expect(three('').map(({ fallbacks }) => fallbacks)).toEqual([['b', 'c'], ['c'], []]);
    expect(() => three(', fallback: a')).toThrow('leads back to a');
    expect(() => three(', fallback: d')).toThrow('no model is called d');
  });

  it.each([
    ['an url that is none', '{ url: nowhere, model: m }', '/models/a/url'],
    ['a key in the place of its name', '{ url: http://x/v1, model: m, apiKeyFrom: sk-123 }', '/models/a/apiKeyFrom'],
    ['an interface that is none', '{ url: http://x/v1, model: m, api: soap }', 'must be openai or anthropic'],
    ['a word that is unknown', '{ url: http://x/v1, model: m, key: k }', 'unknown: key'],
  ])('refuses %s', (_what, model, words) => {
    expect(() => parseModels(`models: { a: ${model} }`, 'models.yaml', {})).toThrow(words);
  });
});
