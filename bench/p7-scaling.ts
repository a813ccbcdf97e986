import { drainedByMillrace } from './load/contenders.ts';
import { EVENT_TYPE } from './load/events.ts';
import { TOOL } from './peers/mcp-clients.ts';
import { type BenchProcess, startPeer } from './processes/bench-process.ts';
import { startConsumer } from './processes/millrace-consumer.ts';
import type { Comparison, Contender, Scope } from './suite/comparison.ts';

const DELAY_MS = 100;
const CALLS_EACH = 16;

/** P7: consumers beside each other, with a tool that takes its time. */
export function scaleOut({ quick }: Scope): readonly Comparison[] {
  const sizes = quick ? [1, 4] : [1, 2, 4, 8];
  const nameOf = (consumers: number) => `${consumers} consumer${consumers === 1 ? '' : 's'}`;
  return [
    {
      id: 'P7 fsync',
      title: `a tool of ${DELAY_MS} ms, ${CALLS_EACH} calls at once by each consumer`,
      ...(quick ? { rounds: 1, note: 'scaled down: 1 and 4 consumers alone' } : {}),
      contenders: sizes.map((consumers) => scaled(nameOf(consumers), consumers, quick ? 20 : 60)),
      bars: sizes.map((consumers) => ({ contender: nameOf(consumers), figure: 'of linear', atLeast: 0.95 })),
    },
  ];
}

function scaled(name: string, consumers: number, turns: number): Contender {
  const count = consumers * CALLS_EACH * turns;
  let tool: BenchProcess | undefined;
  const inner = drainedByMillrace(name, 'fsync', count, async (redis) => {
    tool = await startPeer('slow-tool', { DELAY_MS: String(DELAY_MS) });
    const mcpUrl = `http://127.0.0.1:${tool.port}/mcp`;
    const with_ = '{ "eventId": id, "action": "bench" }';
    const route = { id: 'audit', on: { type: EVENT_TYPE }, call: { server: 'aws', tool: TOOL }, with: with_ };
    const start = () => startConsumer(redis, { routes: [route], mcpUrl, concurrency: CALLS_EACH });
    return Promise.all(Array.from({ length: consumers }, start));
  });
  return {
    name,
    start: async () => {
      const runner = await inner.start();
      return {
        measure: async () => {
          const figures = await runner.measure();
          const linear = (consumers * CALLS_EACH * 1_000) / DELAY_MS;
          return { 'of linear': (figures['events/s'] ?? 0) / linear, ...figures };
        },
        stop: async () => {
          await runner.stop();
          await tool?.stop();
        },
      };
    },
  };
}
