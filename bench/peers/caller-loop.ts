// Our own tool caller without anything round it: so many calls, 32 at a time. No Redis, no event, no record.
import { createToolCaller } from '@millrace/mcp-client';
import { TOOL, toolArguments } from './mcp-clients.ts';
import { announceReady, runWhenAsked } from './ready.ts';

const AT_ONCE = 32;
const caller = createToolCaller([
  { name: 'aws', url: process.env.MCP_URL ?? '', maxConcurrency: AT_ONCE, privateAddresses: true },
]);
const { signal } = new AbortController();
let calls = 0;

runWhenAsked(async (count) => {
  let left = count;
  const work = async () => {
    while (left-- > 0) {
      calls += 1;
      const eventId = `bench-${process.pid}-${calls}`;
      const call = { server: 'aws', tool: TOOL, arguments: toolArguments(eventId), idempotencyKey: eventId };
      const outcome = await caller.call({ ...call, timeoutMs: 10_000 }, signal);
      if (outcome.kind === 'failed') throw outcome.error;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
});
announceReady();
