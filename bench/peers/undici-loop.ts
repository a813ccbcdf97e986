// What one would write by hand for the least delay: a blocked XREADGROUP, one HTTP request by undici for each event, no MCP
// session, no record, no second try.
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import { TOOL } from './mcp-clients.ts';
import { announceReady } from './ready.ts';

const STREAM = 'bench:xadd';
const redis = new Redis(process.env.REDIS_URL ?? '');
await redis.xgroup('CREATE', STREAM, 'bench', '0', 'MKSTREAM');
const pool = new Pool(new URL(process.env.MCP_URL ?? '').origin, { connections: 32 });
announceReady();
for (;;) {
  const group = ['GROUP', 'bench', 'consumer'] as const;
  const reply = (await redis.xreadgroup(...group, 'COUNT', 32, 'BLOCK', 2_000, 'STREAMS', STREAM, '>')) as
    | [string, [string, string[]][]][]
    | null;
  for (const [id, [, event = '']] of reply?.[0]?.[1] ?? []) void handle(id, event);
}

async function handle(id: string, event: string): Promise<void> {
  const { id: eventId } = JSON.parse(event) as { id: string };
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: TOOL, arguments: { eventId } } };
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const reply = await pool.request({ path: '/mcp', method: 'POST', headers, body: JSON.stringify(call) });
  await reply.body.dump();
  await redis.xack(STREAM, 'bench', id);
}
