// The loop that introductions to Redis Streams show: read one, handle it, acknowledge it. With MCP_URL it handles an event
// by a tool call through the MCP client as it comes, without it by nothing.
import { Redis } from 'ioredis';
import { PLAIN_GROUP, PLAIN_STREAM } from '../load/plain-stream.ts';
import { callTool, connectStockClient } from './mcp-clients.ts';
import { readEntries } from './read-entries.ts';
import { announceReady } from './ready.ts';

const redis = new Redis(process.env.REDIS_URL ?? '');
const client = process.env.MCP_URL === undefined ? undefined : await connectStockClient(process.env.MCP_URL);
announceReady();
for (;;) {
  for (const [id, [, event = '']] of await readEntries(redis, 1)) {
    const { id: eventId } = JSON.parse(event) as { id: string };
    if (client !== undefined) await callTool(client, eventId);
    await redis.xack(PLAIN_STREAM, PLAIN_GROUP, id);
  }
}
