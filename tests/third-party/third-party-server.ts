import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, waitUntil } from '@millrace/testing';

const modules = join(dirname(fileURLToPath(import.meta.url)), '../node_modules');

/** A server that nobody here wrote, as a process of its own. */
export interface ThirdPartyServer {
  /** Its MCP endpoint. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The program of an installed package: what its `bin` names, run by this very Node. */
export function programOf(name: string): string {
  const { bin } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as { bin: string | object };
  const path: unknown = typeof bin === 'string' ? bin : Object.values(bin)[0];
  return join(modules, name, String(path));
}

/** Starts a server on a free port and resolves once something listens there. It and its children are stopped together. */
export async function startThirdParty(
  argsFor: (port: number) => readonly string[],
  env: (port: number) => Readonly<Record<string, string>> = () => ({}),
): Promise<ThirdPartyServer> {
  const port = await freePort();
  const child = spawn(process.execPath, [...argsFor(port)], {
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const words: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => void words.push(chunk.toString()));
  const url = `http://127.0.0.1:${port}/mcp`;
  const stop = () => stopGroup(child);
  try {
    await waitUntil(async () => {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${words.join('')}`);
      return isListening(url);
    }, `something listens at ${url}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** Asks a server which revisions it speaks by the way that only the newer ones know; undefined where it does not. */
export async function discoverRevisions(url: string): Promise<readonly string[] | undefined> {
  const version = '2026-07-28';
  const meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': version,
      'mcp-method': 'server/discover',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: meta } }),
  });
  const text = await response.text();
  const json = /^(?:data: )?(\{.*\})$/m.exec(text)?.[1] ?? '{}';
  return (JSON.parse(json) as { result?: { supportedVersions?: string[] } }).result?.supportedVersions;
}

async function isListening(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'POST', body: '{}' });
    return true;
  } catch {
    return false;
  }
}

/** A gateway has the server that it fronts as its child. */
async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await exited;
}
