import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type BenchProcess, startService } from './bench-process.ts';
import type { BenchRedis } from './redis-level.ts';

/** What a consumer is told, beside where Redis is. */
export interface ConsumerOptions {
  readonly routes: readonly object[];
  /** URL of the MCP endpoint that routes know as `aws`. */
  readonly mcpUrl?: string;
  readonly concurrency: number;
  /** Settings beside those. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Our consumer, with routes of its own and otherwise the settings that it has by itself. */
export async function startConsumer(redis: BenchRedis, options: ConsumerOptions): Promise<BenchProcess> {
  const { routes, mcpUrl = 'http://127.0.0.1:9/mcp', concurrency, env } = options;
  const dir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'servers.yaml'), stringify({ servers: { aws: { url: mcpUrl, privateAddresses: true } } }));
  writeFileSync(join(dir, 'routes.yaml'), stringify({ routes }));
  return startWith(redis, dir, concurrency, env);
}

/** Our consumer with one route, whose handler does nothing. */
export function startNoOpConsumer(
  redis: BenchRedis,
  concurrency: number,
  env: Readonly<Record<string, string>> = {},
): Promise<BenchProcess> {
  return startWith(redis, 'bench/no-op', concurrency, env);
}

function startWith(
  { url, level }: BenchRedis,
  configDir: string,
  concurrency: number,
  env = {},
): Promise<BenchProcess> {
  return startService('consumer', {
    REDIS_URL: url,
    MILLRACE_DURABILITY: level,
    MILLRACE_CONFIG: configDir,
    MILLRACE_CONCURRENCY: String(concurrency),
    ...env,
  });
}
