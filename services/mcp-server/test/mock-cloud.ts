import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, waitUntil } from '@millrace/testing';

/** A mock cloud as a real process, with its witness in a folder of its own. */
export interface MockCloud {
  readonly url: string;
  readonly mcpUrl: URL;
  readonly witnessFile: string;
  /** Sends the signal and resolves with the exit code, or null after a signal that cannot be caught. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Starts it again on the same port and witness file. */
  restart(): Promise<void>;
  getJson(path: string): Promise<Record<string, unknown>>;
  setFaults(rules: readonly object[]): Promise<void>;
  dispose(): Promise<void>;
}

export async function startMockCloud(
  cloud: 'aws' | 'gcp' | 'azure',
  env: Readonly<Record<string, string>> = {},
): Promise<MockCloud> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'millrace-mcp-'));
  const witnessFile = join(dir, 'witness.jsonl');
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    CLOUD: cloud,
    [`MCP_${cloud.toUpperCase()}_PORT`]: String(port),
    WITNESS_FILE: witnessFile,
    LOG_LEVEL: 'warn',
    ...env,
  };
  let child = await launch(settings, url);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    url,
    mcpUrl: new URL('/mcp', url),
    witnessFile,
    end,
    restart: async () => {
      child = await launch(settings, url);
    },
    getJson: async (path) => (await fetch(new URL(path, url))).json() as Promise<Record<string, unknown>>,
    setFaults: async (rules) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(new URL('/faults', url), { method: 'PUT', headers, body: JSON.stringify(rules) });
      if (!response.ok) throw new Error(await response.text());
    },
    dispose: async () => {
      await end('SIGKILL');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function launch(settings: Readonly<Record<string, string>>, url: string): Promise<ChildProcess> {
  const program = new URL('../dist/main.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await waitUntil(async () => {
    if (child.exitCode !== null) throw new Error(`the mock cloud ended with code ${child.exitCode}`);
    return isReady(url);
  }, `${url} is ready`);
  return child;
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/readyz', url))).ok;
  } catch {
    return false;
  }
}
