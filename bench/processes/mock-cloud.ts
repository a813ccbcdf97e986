import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchProcess, startService } from './bench-process.ts';

/** The mock cloud `aws`: MCP 2025-11-25 with sessions and JSON answers. One serves all contenders of a comparison in turns. */
export interface MockCloud {
  readonly process: BenchProcess;
  readonly mcpUrl: string;
}

export async function startMockCloud(): Promise<MockCloud> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const env = { CLOUD: 'aws', MCP_AWS_PORT: '0', WITNESS_FILE: join(dir, 'witness.jsonl') };
  const cloud = await startService('mcp-server', env);
  return { process: cloud, mcpUrl: `http://127.0.0.1:${cloud.port}/mcp` };
}
