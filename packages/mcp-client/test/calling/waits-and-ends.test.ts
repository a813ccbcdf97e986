import { describe, expect, it } from '@jest/globals';
import { answer, type RawCall, said, serve, serveCalls, waitUntil } from '@millrace/testing';
import { startLegacyServer } from '../mcp-servers.js';
import { aCall, callerFor, errorOf, never, remember } from './calls.js';

describe('call, while it waits', () => {
  it('never has more calls in flight at a server than its maxConcurrency', async () => {
    const held: RawCall[] = [];
    let most = 0;
    const server = remember(
      await serveCalls((call) => {
        most = Math.max(most, held.push(call));
        // Answered one turn later, so that a call too many would be seen.
        if (held.length === 3) {
          setImmediate(() => {
            for (const { response, message } of held.splice(0)) answer(response, said(message, 'ok'));
          });
        }
      }),
    );
    const caller = callerFor(server, { maxConcurrency: 3 });
    const outcomes = await Promise.all(Array.from({ length: 39 }, () => caller.call(aCall(), never)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(39).fill('ok'));
    expect(most).toBe(3);
  });

  it('says not-sent when no slot becomes free within the call’s time', async () => {
    const server = remember(await serveCalls(() => {}));
    const caller = callerFor(server, { maxConcurrency: 1 });
    const first = new AbortController();
    const stuck = caller.call(aCall(), first.signal);
    const waiting = await caller.call(aCall({ timeoutMs: 50 }), never);
    expect(waiting).toMatchObject({ error: { code: 'TOOL_BUSY', class: 'not-sent' }, facts: { dispatched: false } });
    first.abort();
    await stuck;
  });

  it('says not-sent when the handshake takes longer than the call has time', async () => {
    const silent = remember(await serve(() => {}));
    const outcome = await callerFor(silent).call(aCall({ timeoutMs: 100 }), never);
    expect(errorOf(outcome)).toMatchObject({ code: 'TOOL_UNREACHABLE', class: 'not-sent' });
  });
});

describe('call, when it has to end', () => {
  it('ends at once when its signal is aborted, as unknown once it was sent', async () => {
    let arrived = 0;
    const server = remember(
      await serveCalls(() => {
        arrived += 1;
      }),
    );
    const caller = callerFor(server);
    const controller = new AbortController();
    const calling = caller.call(aCall(), controller.signal);
    await waitUntil(() => arrived === 1, 'the call arrives');
    controller.abort();
    expect(errorOf(await calling)).toMatchObject({ code: 'TOOL_ABORTED', class: 'unknown' });
    expect(errorOf(await caller.call(aCall(), controller.signal))).toMatchObject({ class: 'not-sent' });
    expect(arrived).toBe(1);
  });

  it('aborts calls in flight when it is closed', async () => {
    let arrived = 0;
    const server = remember(
      await serveCalls(() => {
        arrived += 1;
      }),
    );
    const caller = callerFor(server);
    const calling = caller.call(aCall(), never);
    await waitUntil(() => arrived === 1, 'the call arrives');
    await caller.close();
    expect(errorOf(await calling)).toMatchObject({ code: 'TOOL_ABORTED', class: 'unknown' });
  });

  it('leaves no connection behind after calls that timed out, and cancels them at the server', async () => {
    const cancelled: unknown[] = [];
    const server = remember(
      await serveCalls(
        ({ response, message }) => {
          if (message.params?.name === 'warm-up') answer(response, said(message, 'ready'));
        },
        ({ method }) => {
          if (method === 'notifications/cancelled') cancelled.push(method);
        },
      ),
    );
    const caller = callerFor(server);
    await caller.call(aCall({ tool: 'warm-up' }), never);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => caller.call(aCall({ timeoutMs: 3_000 }), never)),
    );
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ error: { code: 'TOOL_TIMEOUT', class: 'unknown' }, facts: { dispatched: true } });
    }
    await waitUntil(() => cancelled.length > 0, 'calls are cancelled');
    // Those of the warm-up and of the cancellations may be kept alive; the calls' own were cut.
    await waitUntil(() => server.openSockets() <= 5, 'connections are closed');
    await caller.close();
    await waitUntil(() => server.openSockets() === 0, 'every connection is closed');
  });

  it('tells the server to end the session when it is closed, and closes every connection', async () => {
    const server = remember(await startLegacyServer());
    const caller = callerFor(server);
    await caller.call(aCall(), never);
    await Promise.all([caller.close(), caller.close()]);
    expect(server.requests.at(-1)).toBe('DELETE');
    await waitUntil(() => server.openSockets() === 0, 'every connection is closed');
    expect(errorOf(await caller.call(aCall(), never))).toMatchObject({ code: 'TOOL_ABORTED', class: 'not-sent' });
  });
});
