import { drainedByMillrace } from '../load/contenders.ts';
import { EVENT_TYPE } from '../load/events.ts';
import { TOOL } from '../peers/mcp-clients.ts';
import { startPeer } from '../processes/bench-process.ts';
import { startConsumer } from '../processes/millrace-consumer.ts';
import type { ConsumerCosts } from './settings.ts';

const EVENTS = 4_000;
const AT_ONCE = 32;

/**
 * What an event with one tool call costs a consumer, by the scheduler's account. Where in the event it is spent cannot be
 * told from outside: a tenth for replies of Redis, and the rest before and after the call in equal parts.
 */
export async function fitConsumer(): Promise<ConsumerCosts> {
  const tool = await startPeer('slow-tool', { DELAY_MS: '0' });
  const call = { server: 'aws', tool: TOOL };
  const route = { id: 'call', on: { type: EVENT_TYPE }, call, with: '{ "eventId": id, "action": "bench" }' };
  const drained = drainedByMillrace('one consumer', 'memory', EVENTS, async (redis) => [
    await startConsumer(redis, {
      routes: [route],
      mcpUrl: `http://127.0.0.1:${tool.port}/mcp`,
      concurrency: AT_ONCE,
    }),
  ]);
  const runner = await drained.start();
  try {
    // The first run warms it up.
    await runner.measure();
    const micros = (await runner.measure())['CPU µs/event'] ?? Number.NaN;
    return { reply: Math.round(micros / 10), entry: Math.round(0.4 * micros), answer: Math.round(0.4 * micros) };
  } finally {
    await runner.stop();
    await tool.stop();
  }
}
