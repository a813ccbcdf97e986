import { describe, expect, it } from '@jest/globals';
import type { CallOutcome } from '@millrace/mcp-client';
import { waitUntil } from '@millrace/testing';
import { startLegacyServer, startModernServer } from '../mcp-servers.js';
import { aCall, callerFor, never, remember } from './calls.js';

describe('call, to a server that comes and goes', () => {
  it('succeeds after a restart that forgot every session, and runs each call once', async () => {
    const first = remember(await startLegacyServer());
    const caller = callerFor(first);
    await caller.call(aCall(), never);
    await first.kill();
    const second = remember(await startLegacyServer({ port: first.port }));
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, n) => caller.call(aCall({ idempotencyKey: `key-${n}` }), never)),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(8).fill('ok'));
    expect(second.seen).toHaveLength(8);
    expect(second.requests.filter((request) => request === 'POST initialize')).toHaveLength(1);
  });

  it('asks again which revision is spoken when a server was replaced by one of the other revision', async () => {
    const legacy = remember(await startLegacyServer());
    const caller = callerFor(legacy);
    await caller.call(aCall(), never);
    await legacy.kill();
    const modern = remember(await startModernServer({ port: legacy.port }));
    expect(await caller.call(aCall(), never)).toMatchObject({ kind: 'ok' });
    await modern.kill();
    const legacyAgain = remember(await startLegacyServer({ port: legacy.port }));
    expect(await caller.call(aCall(), never)).toMatchObject({ kind: 'ok' });
    expect(legacyAgain.seen).toHaveLength(1);
  });

  it('leaves no call stuck when a server is restarted under load', async () => {
    let server = remember(await startLegacyServer());
    const { port } = server;
    const caller = callerFor(server, { maxConcurrency: 8, breaker: false });
    const outcomes: CallOutcome[] = [];
    const load = Array.from({ length: 8 }, async () => {
      while (outcomes.length < 400) outcomes.push(await caller.call(aCall({ timeoutMs: 60_000 }), never));
    });
    await waitUntil(() => outcomes.length > 100, 'a hundred calls are done');
    await server.kill();
    server = remember(await startLegacyServer({ port }));
    await Promise.all(load);
    const classes = new Set(outcomes.flatMap((outcome) => (outcome.kind === 'ok' ? [] : [outcome.error.class])));
    expect([...classes].filter((callClass) => callClass !== 'not-sent' && callClass !== 'unknown')).toEqual([]);
    expect(await caller.call(aCall(), never)).toMatchObject({ kind: 'ok' });
  });

  it('says not-sent where nothing listens, and succeeds as soon as something does', async () => {
    const gone = remember(await startLegacyServer());
    await gone.kill();
    const caller = callerFor(gone);
    const outcome = await caller.call(aCall(), never);
    expect(outcome).toMatchObject({
      error: { code: 'TOOL_UNREACHABLE', class: 'not-sent', retryable: true },
      facts: { dispatched: false },
    });
    remember(await startLegacyServer({ port: gone.port }));
    expect(await caller.call(aCall(), never)).toMatchObject({ kind: 'ok' });
  });

  it('says not-sent when a server it was connected to is gone', async () => {
    const server = remember(await startModernServer());
    const caller = callerFor(server);
    await caller.call(aCall(), never);
    await server.kill();
    const outcome = await caller.call(aCall(), never);
    expect(outcome).toMatchObject({
      error: { code: 'TOOL_UNREACHABLE', class: 'not-sent' },
      facts: { dispatched: false },
    });
  });
});
