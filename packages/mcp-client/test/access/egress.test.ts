import { afterEach, describe, expect, it } from '@jest/globals';
import { createToolCaller, type ServerSettings } from '@millrace/mcp-client';
import { answer, said, serveCalls, type TestServer } from '@millrace/testing';
import { findHostProblem } from '../../src/access/egress.js';

let trap: TestServer | undefined;

afterEach(() => trap?.kill());

const hostOf = (url: string) => new URL(url).hostname;
const problemOf = (url: string, policy: Partial<Parameters<typeof findHostProblem>[1]> = {}) =>
  findHostProblem(hostOf(url), { name: 'shop', allowedHosts: undefined, privateAddresses: false, ...policy });

describe('findHostProblem', () => {
  it.each([
    'http://127.0.0.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://10.1.2.3/',
    'http://172.31.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://[fd00::1]/',
  ])('refuses %s, which is private, unless private addresses are configured', (url) => {
    expect(problemOf(url)).toMatch(/private address/);
    expect(problemOf(url, { privateAddresses: true })).toBeUndefined();
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
  ])('refuses %s, configured or not', (url) => {
    expect(problemOf(url)).toMatch(/never a server/);
    expect(problemOf(url, { privateAddresses: true })).toMatch(/never a server/);
  });

  it('lets a public address pass, and a name until it is looked up', () => {
    expect(problemOf('https://93.184.216.34/')).toBeUndefined();
    expect(problemOf('https://[2606:2800:220:1::1]/')).toBeUndefined();
    expect(problemOf('https://mcp.example.com/')).toBeUndefined();
  });

  it('refuses every host that is not on the list, where there is one', () => {
    const policy = { allowedHosts: ['mcp.example.com', '*.trusted.example'] };
    for (const url of ['https://mcp.example.com/', 'https://MCP.Example.com/', 'https://a.b.trusted.example/']) {
      expect(problemOf(url, policy)).toBeUndefined();
    }
    for (const url of ['https://trusted.example/', 'https://mcp.example.com.evil/', 'https://nottrusted.example/']) {
      expect(problemOf(url, policy)).toMatch(/not among the allowed hosts/);
    }
  });
});

describe('call, to where configuration does not allow it', () => {
  const refused: [string, Partial<ServerSettings>, RegExp][] = [
    ['127.0.0.1', {}, /private address/],
    ['localhost', {}, /private address/],
    ['localhost', { privateAddresses: true, allowedHosts: ['mcp.example.com'] }, /not among the allowed hosts/],
  ];

  it.each(refused)('never opens a connection to %s with %j', async (host, settings, words) => {
    trap = await serveCalls(({ response, message }) => answer(response, said(message, 'trapped')));
    const caller = createToolCaller([{ name: 'shop', url: `http://${host}:${trap.port}/mcp`, ...settings }]);
    const call = { server: 'shop', tool: 'echo', arguments: {}, idempotencyKey: 'k', timeoutMs: 20_000 };
    const outcome = await caller.call(call, new AbortController().signal);
    await caller.close();
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'TOOL_UNREACHABLE', class: 'not-sent', message: expect.stringMatching(words) },
    });
    expect(trap.openSockets()).toBe(0);
  });
});
