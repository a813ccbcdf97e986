import { describe, expect, it } from '@jest/globals';
import type { ServerSettings } from '@millrace/mcp-client';
import { RouteTable } from '@millrace/routing';
import { ConfigurationInForce } from '../src/configuration/configuration-in-force.js';
import { SharedServers } from '../src/configuration/shared-servers.js';
import { ok } from './start-consuming.js';

const AWS = { name: 'aws', url: 'http://127.0.0.1:1/mcp' };
const GCP = { name: 'gcp', url: 'http://127.0.0.1:2/mcp' };

/** Servers that answer with their own number, and say when they are closed. */
function openServers() {
  const opened: string[] = [];
  const closed: string[] = [];
  const servers = new SharedServers(({ name }) => {
    const nth = `${name} ${opened.push(name)}`;
    return { call: async () => ok(nth), close: async () => void closed.push(nth) };
  });
  return { servers, opened, closed };
}

const configured = (version: string, ...servers: ServerSettings[]) => ({
  version,
  routes: new RouteTable([]),
  servers,
  handlers: new Map(),
  models: new Map(),
  schemas: new Map(),
});

async function askWhich({ tools }: { tools: ReturnType<ConfigurationInForce['hold']>['tools'] }, server: string) {
  const call = { server, tool: 'x', arguments: {}, idempotencyKey: 'k', timeoutMs: 1_000 };
  const outcome = await tools.call(call, new AbortController().signal);
  return outcome.kind === 'ok' ? outcome.result.structuredContent : outcome.error.code;
}

describe('ConfigurationInForce', () => {
  it('keeps a server whose settings did not change, and opens what is new', async () => {
    const { servers, opened, closed } = openServers();
    const inForce = new ConfigurationInForce(configured('1', AWS), servers);
    inForce.replace(configured('2', AWS, GCP));
    expect(await askWhich(inForce.hold(), 'aws')).toBe('aws 1');
    expect(await askWhich(inForce.hold(), 'gcp')).toBe('gcp 2');
    expect([opened, closed]).toEqual([['aws', 'gcp'], []]);
  });

  it('closes a removed server only when the last entry that holds it is through', async () => {
    const { servers, closed } = openServers();
    const inForce = new ConfigurationInForce(configured('1', AWS), servers);
    const held = inForce.hold();
    inForce.replace(configured('2', GCP));
    expect(closed).toEqual([]);
    expect(await askWhich(held, 'aws')).toBe('aws 1');
    expect(await askWhich(inForce.hold(), 'aws')).toBe('SERVER_UNKNOWN');
    held.release();
    expect(closed).toEqual(['aws 1']);
  });

  it('gives an entry one configuration from beginning to end, with its own servers', async () => {
    const { servers } = openServers();
    const inForce = new ConfigurationInForce(configured('1', AWS), servers);
    const held = inForce.hold();
    inForce.replace(configured('2', { ...AWS, maxConcurrency: 1 }));
    expect([held.version, await askWhich(held, 'aws')]).toEqual(['1', 'aws 1']);
    expect([inForce.hold().version, await askWhich(inForce.hold(), 'aws')]).toEqual(['2', 'aws 2']);
    expect(servers.size).toBe(2);
  });

  it('holds no server open after a thousand replacements, when nothing holds the old ones', async () => {
    const { servers, closed } = openServers();
    const inForce = new ConfigurationInForce(configured('0', AWS), servers);
    for (let n = 1; n <= 1_000; n += 1) inForce.replace(configured(String(n), { ...AWS, maxConcurrency: n }));
    expect([servers.size, closed.length]).toEqual([1, 1_000]);
    await inForce.close();
    expect(servers.size).toBe(0);
  });
});
