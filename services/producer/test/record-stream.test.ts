import { describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { createTestApp, structured } from './app-parts.js';

async function listeningApp(maxRecordStreams = 2) {
  const parts = await createTestApp({ maxRecordStreams });
  await parts.app.inject(structured({ data: { a: 1 } }));
  const base = await parts.app.listen({ port: 0, host: '127.0.0.1' });
  return { ...parts, url: `${base}/v1/events/0-1-0/stream` };
}

describe('GET /v1/events/{ref}/stream', () => {
  it('sends the record now and at every change, and ends when the event is finished', async () => {
    const { app, stream, url } = await listeningApp();
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const text = answer.text();
    await waitUntil(() => stream.waiting() > 0, 'the stream waits for a change');
    stream.change('0-1-0', {});
    await waitUntil(() => stream.waiting() > 0, 'the stream waits again');
    stream.change('0-1-0', { state: 'done' });
    const records = (await text).trim().split('\n\n');
    expect(records).toHaveLength(2);
    expect(
      records.map((record) => /^event: record\ndata: (.*)$/.exec(record)?.[1]).map((json) => JSON.parse(json ?? '')),
    ).toMatchObject([{ state: 'open', event: { data: { a: 1 } } }, { state: 'done' }]);
    await app.close();
  });

  it('answers 404 for an unknown ref and 503 when too many are open', async () => {
    const { app, stream, url } = await listeningApp(1);
    expect((await app.inject('/v1/events/0-2-0/stream')).json()).toMatchObject({ status: 404 });
    const open = await fetch(url);
    const refused = await app.inject('/v1/events/0-1-0/stream');
    expect(refused.json()).toMatchObject({ status: 503, code: 'TOO_MANY_STREAMS' });
    expect(refused.headers['retry-after']).toBeDefined();
    await open.body?.cancel();
    await waitUntil(() => stream.waiting() === 0, 'the stream of the reader who left has ended');
    const next = await fetch(url);
    expect(next.status).toBe(200);
    await app.close();
  });

  it('ends when the app closes, so that closing does not wait for its readers', async () => {
    const { app, url } = await listeningApp();
    const answer = await fetch(url);
    const closing = app.close();
    expect(await answer.text()).toContain('"state":"open"');
    await closing;
  });
});
