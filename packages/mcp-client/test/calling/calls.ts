import { afterEach } from '@jest/globals';
import { type CallOutcome, createToolCaller, type ServerSettings, type ToolCall } from '@millrace/mcp-client';

/** A signal that is never aborted. */
export const never = new AbortController().signal;

const opened: { close?: () => Promise<void>; kill?: () => Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) {
    await resource.close?.();
    await resource.kill?.();
  }
});

/** Has a server or a caller closed after the test that opened it. */
export function remember<T extends { close(): Promise<void> } | { kill(): Promise<void> }>(resource: T): T {
  opened.push(resource);
  return resource;
}

/** A caller that knows this one server, as `shop`. */
export function callerFor(server: { url: string }, settings: Partial<ServerSettings> = {}) {
  return remember(createToolCaller([{ name: 'shop', url: server.url, privateAddresses: true, ...settings }]));
}

/** A call of the tool `echo` of `shop`, but for what the test cares about. */
export function aCall(overrides: Partial<ToolCall> = {}): ToolCall {
  return {
    server: 'shop',
    tool: 'echo',
    arguments: { say: 'hello' },
    idempotencyKey: 'key-1',
    timeoutMs: 20_000,
    ...overrides,
  };
}

/** The error of a call that must not have succeeded. */
export function errorOf(outcome: CallOutcome) {
  if (outcome.kind === 'ok') throw new Error('the call succeeded');
  return outcome.error;
}
