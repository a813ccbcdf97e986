import { beforeEach, describe, expect, it } from '@jest/globals';
import { announceConfiguration, listPauses, pause } from '@millrace/stream-client';
import { operator, setStage } from './stage.js';

setStage();

beforeEach(() => announceConfiguration(operator.stream, { version: 'v1', routes: ['score-order'], servers: ['aws'] }));

const postTo = async (path: string, payload?: object) => {
  const { statusCode, body } = await operator.app.inject({
    method: 'POST',
    url: path,
    ...(payload === undefined ? {} : { payload }),
  });
  return [statusCode, JSON.parse(body) as Record<string, unknown>] as const;
};
const getJson = async (path: string) => (await operator.app.inject(path)).json() as { items: object[] };

describe.each([
  ['route', '/v1/routes/score-order', 'score-order'],
  ['server', '/v1/servers/aws', 'aws'],
])('POST /v1/%ss/{name}/pause and resume', (kind, path, name) => {
  it('pauses and resumes, with a note or without, and lists both among the acts', async () => {
    const [status, paused] = await postTo(`${path}/pause`, { note: 'till Monday' });
    expect([status, paused]).toEqual([
      200,
      { kind, name, paused: true, at: expect.any(String), from: '127.0.0.1', by: 'anybody', note: 'till Monday' },
    ]);
    expect((await getJson('/v1/pauses')).items).toMatchObject([{ kind, name, note: 'till Monday' }]);
    expect(await postTo(`${path}/resume`)).toEqual([200, { kind, name, paused: false }]);
    expect(await postTo(`${path}/resume`)).toEqual([200, { kind, name, paused: false }]);
    expect((await getJson('/v1/pauses')).items).toEqual([]);
    const { items } = await getJson('/v1/audit');
    expect(items).toMatchObject([
      { action: `${kind}.resume`, target: name },
      { action: `${kind}.pause`, target: name, note: 'till Monday' },
    ]);
    expect(items).toHaveLength(2);
  });

  it('refuses a name that no announced configuration has with 404, but resumes it if it is paused', async () => {
    const unknown = path.replace(name, 'unknown');
    const code = `${kind.toUpperCase()}_NOT_FOUND`;
    expect(await postTo(`${unknown}/pause`)).toMatchObject([404, { code }]);
    expect(await postTo(`${unknown}/resume`)).toMatchObject([404, { code }]);
    expect(await listPauses(operator.stream)).toEqual([]);
    await pause(operator.stream, { kind: kind as 'route', name: 'unknown' }, {});
    expect(await postTo(`${unknown}/resume`)).toMatchObject([200, { paused: false }]);
  });

  it.each([
    ['a member that is not known', { notes: 'x' }],
    ['an empty note', { note: '' }],
    ['a note of 1,001 characters', { note: 'x'.repeat(1_001) }],
  ])('refuses %s with 400, and pauses nothing', async (_what, body) => {
    expect(await postTo(`${path}/pause`, body)).toMatchObject([400, { code: 'REQUEST_INVALID' }]);
    expect(await listPauses(operator.stream)).toEqual([]);
  });
});

describe('GET /v1/servers', () => {
  it('shows who has paused a server, also where no consumer is alive', async () => {
    await postTo('/v1/servers/aws/pause', { note: 'bills' });
    expect((await getJson('/v1/servers')).items).toMatchObject([
      {
        name: 'aws',
        breaker: 'closed',
        calls: 0,
        paused: { at: expect.any(String), from: '127.0.0.1', by: 'anybody', note: 'bills' },
        consumers: [],
      },
    ]);
  });
});
