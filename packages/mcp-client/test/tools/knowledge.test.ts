import { afterEach, describe, expect, it } from '@jest/globals';
import { createToolCaller, NO_HINTS, pinOf, type ServerSettings, type ToolDescription } from '@millrace/mcp-client';
import { answer, type RpcRequest, said, serveCalls, type TestServer } from '@millrace/testing';

const closing: (() => Promise<void>)[] = [];
const never = new AbortController().signal;
const call = { server: 'shop', tool: 'read', arguments: {}, idempotencyKey: 'k', timeoutMs: 20_000 };

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const READ: ToolDescription = {
  name: 'read',
  description: 'Reads an order',
  inputSchema: { type: 'object', properties: { id: { type: 'string' } } },
  annotations: { readOnlyHint: true },
};
const WRITE: ToolDescription = { name: 'write', inputSchema: { type: 'object' } };

/** A server whose tools can be exchanged while it runs. */
async function startShop(settings: Partial<ServerSettings>) {
  let tools = [READ, WRITE];
  const seen = { calls: 0, lists: 0 };
  const server: TestServer = await serveCalls(
    ({ response, message }) => {
      seen.calls += 1;
      answer(response, said(message, 'hello'));
    },
    (message: RpcRequest, response) => {
      if (message.method !== 'tools/list') return;
      seen.lists += 1;
      answer(response, { jsonrpc: '2.0', id: message.id, result: { tools } });
    },
  );
  closing.push(() => server.kill());
  const caller = createToolCaller([{ name: 'shop', url: server.url, privateAddresses: true, ...settings }]);
  closing.push(() => caller.close());
  const offer = (...next: ToolDescription[]) => {
    tools = next;
  };
  return { caller, seen, offer };
}

describe('hintsOf', () => {
  it('believes a trusted server, and asks it once', async () => {
    const { caller, seen } = await startShop({ trustAnnotations: true });
    const hints = await Promise.all(Array.from({ length: 8 }, () => caller.hintsOf('shop', 'read', never)));
    expect(new Set(hints.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify({ isReadOnly: true, isIdempotent: false, isDestructive: false, isOpenWorld: true })]),
    );
    expect(await caller.hintsOf('shop', 'write', never)).toEqual(NO_HINTS);
    expect(seen.lists).toBe(1);
  });

  it('takes a tool for harmless only where the server says so', async () => {
    const named = (name: string, annotations: NonNullable<ToolDescription['annotations']>) => ({
      ...WRITE,
      name,
      annotations,
    });
    const { caller, offer } = await startShop({ trustAnnotations: true });
    offer(
      named('adds', { destructiveHint: false, openWorldHint: false }),
      named('says', { readOnlyHint: true, destructiveHint: true, openWorldHint: true }),
    );
    expect(await caller.hintsOf('shop', 'adds', never)).toMatchObject({ isDestructive: false, isOpenWorld: false });
    expect(await caller.hintsOf('shop', 'says', never)).toMatchObject({ isDestructive: false, isOpenWorld: true });
  });

  it('believes nobody else', async () => {
    const { caller, seen } = await startShop({});
    expect(await caller.hintsOf('shop', 'read', never)).toEqual(NO_HINTS);
    expect(await caller.hintsOf('none', 'read', never)).toEqual(NO_HINTS);
    expect(seen.lists).toBe(0);
  });
});

describe('listTools', () => {
  it('asks the server each time, unless the answer may be of some age', async () => {
    const { caller, seen, offer } = await startShop({});
    await caller.listTools('shop', never);
    await caller.listTools('shop', never);
    expect(seen.lists).toBe(2);
    const runs = await Promise.all(Array.from({ length: 8 }, () => caller.listTools('shop', never, 60_000)));
    offer(WRITE);
    runs.push(await caller.listTools('shop', never, 60_000));
    expect(new Set(runs.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(seen.lists).toBe(3);
    expect(await caller.listTools('shop', never)).toMatchObject({ kind: 'ok', tools: [{ name: WRITE.name }] });
  });

  it('tells that no server has the name, however old an answer may be', async () => {
    const { caller } = await startShop({});
    expect(await caller.listTools('none', never, 60_000)).toMatchObject({ error: { code: 'SERVER_UNKNOWN' } });
  });
});

describe('a pinned tool', () => {
  const pins = { read: pinOf(READ) };

  it('is called while it is what it is pinned to be, however its schema is written', async () => {
    const { caller, offer } = await startShop({ pins });
    const { inputSchema, ...rest } = READ;
    offer({ inputSchema, ...rest });
    expect(await caller.call(call, never)).toMatchObject({ kind: 'ok' });
  });

  it('is not called any more once one byte of its description has changed, and again once that is accepted', async () => {
    const { caller, offer, seen } = await startShop({ pins, pinsCheckedEveryMs: 0 });
    expect(await caller.call(call, never)).toMatchObject({ kind: 'ok' });
    offer({ ...READ, description: 'Reads an order.' });
    const outcome = await caller.call(call, never);
    expect(outcome).toMatchObject({
      error: { code: 'TOOL_CHANGED', class: 'not-sent', retryable: true, message: expect.stringContaining('changed') },
    });
    expect(seen.calls).toBe(1);
    offer(READ);
    expect(await caller.call(call, never)).toMatchObject({ kind: 'ok' });
  });

  it.each([
    ['its input schema', { ...READ, inputSchema: { type: 'object' } }],
    ['an output schema', { ...READ, outputSchema: { type: 'object' } }],
    ['a hint', { ...READ, annotations: {} }],
  ])('is not called once %s is different', async (_what, changed) => {
    const { caller, offer } = await startShop({ pins, pinsCheckedEveryMs: 0 });
    offer(changed);
    expect(await caller.call(call, never)).toMatchObject({ error: { code: 'TOOL_CHANGED' } });
  });

  it('is one of those that were accepted: a tool that is new is not called', async () => {
    const { caller, seen } = await startShop({ pins });
    const outcome = await caller.call({ ...call, tool: 'write' }, never);
    expect(outcome).toMatchObject({ error: { code: 'TOOL_CHANGED', class: 'not-sent' } });
    expect(seen.calls).toBe(0);
  });
});
