import { describe, expect, it } from '@jest/globals';
import { answer, said, serveCalls } from '@millrace/testing';
import { aCall, callerFor, errorOf, never, remember } from './calls.js';

describe('what a call sends', () => {
  it('keeps credentials and calls within the origin of the server', async () => {
    const stolen: unknown[] = [];
    const thief = remember(await serveCalls(({ request }) => void stolen.push(request.headers)));
    const credentials: unknown[] = [];
    const server = remember(
      await serveCalls(({ request, response }) => {
        credentials.push([request.headers.authorization, request.headers['x-tenant']]);
        response.writeHead(307, { location: thief.url }).end();
      }),
    );
    const caller = callerFor(server, {
      credentials: { kind: 'bearer', token: 's3cret' },
      headers: { 'x-tenant': 't1' },
    });
    const error = errorOf(await caller.call(aCall(), never));
    expect(error).toMatchObject({ code: 'TOOL_REQUEST_REJECTED', class: 'refused', retryable: false });
    expect(credentials).toEqual([['Bearer s3cret', 't1']]);
    expect(stolen).toEqual([]);
    expect(thief.openSockets()).toBe(0);
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('s3cret');
  });

  it('leaves out a trace context that is not well formed', async () => {
    const metas: unknown[] = [];
    const server = remember(
      await serveCalls(({ response, message }) => {
        metas.push(message.params?._meta);
        answer(response, said(message, 'ok'));
      }),
    );
    await callerFor(server).call(aCall({ traceparent: 'x\r\ny: z', tracestate: 'a=1' }), never);
    expect(metas).toEqual([{ 'millrace.dev/idempotency-key': 'key-1' }]);
  });

  it('says not-sent for arguments that JSON cannot carry', async () => {
    const server = remember(await serveCalls(({ response, message }) => answer(response, said(message, 'ok'))));
    const outcome = await callerFor(server).call(aCall({ arguments: { amount: 10n } }), never);
    expect(errorOf(outcome)).toMatchObject({ code: 'TOOL_ARGUMENTS_INVALID', class: 'not-sent', retryable: false });
  });
});
