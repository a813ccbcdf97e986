// A BullMQ worker. With MCP_URL it handles a job by a tool call through the MCP client as it comes, without it by nothing.
import { Worker } from 'bullmq';
import { queueOptions, WORKER_CONCURRENCY } from './bullmq-settings.ts';
import { callTool, connectStockClient } from './mcp-clients.ts';
import { announceReady } from './ready.ts';

const { connection } = queueOptions(process.env.REDIS_URL ?? '');
const client = process.env.MCP_URL === undefined ? undefined : await connectStockClient(process.env.MCP_URL);
const concurrency = Number(process.env.CONCURRENCY ?? WORKER_CONCURRENCY);
const worker = new Worker<{ id: string }>(
  'events',
  async ({ data }) => {
    if (client !== undefined) await callTool(client, data.id);
  },
  { connection, concurrency },
);
await worker.waitUntilReady();
announceReady();
