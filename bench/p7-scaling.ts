import { timeAlone } from './load/call-alone.ts';
import { drainedByMillrace } from './load/contenders.ts';
import { EVENT_TYPE } from './load/events.ts';
import { TOOL } from './peers/mcp-clients.ts';
import { type BenchProcess, startPeer } from './processes/bench-process.ts';
import { BUSY_CORES } from './processes/costs.ts';
import { startConsumer } from './processes/millrace-consumer.ts';
import type { Comparison, Contender, Scope } from './suite/comparison.ts';

const DELAY_MS = 100;
const CALLS_EACH = 16;
/** From here on cores are full: what is missing then is the machine's. */
const FULL = 0.9;

/**
 * P7: consumers beside each other, with a tool that takes its time. Linear is what so many places can do where each is only
 * ever waiting for a call, and a call takes as long as it does when nothing else is under way: the timer of the tool and one
 * round trip are nobody's to win. That is measured beside each row, in the same round.
 */
export function scaleOut({ quick }: Scope): readonly Comparison[] {
  const sizes = quick ? [1, 4] : [1, 2, 4, 8];
  const nameOf = (consumers: number) => `${consumers} consumer${consumers === 1 ? '' : 's'}`;
  return [
    {
      id: 'P7 fsync',
      title: `a tool of ${DELAY_MS} ms, ${CALLS_EACH} calls at once by each consumer`,
      // A consumer has a thousand events in a round: after three of them compiling is over.
      warmUps: quick ? 1 : 3,
      ...(quick ? { rounds: 1, note: 'scaled down: 1 and 4 consumers alone' } : {}),
      contenders: sizes.map((consumers) => scaled(nameOf(consumers), consumers, quick ? 20 : 60)),
      bars: sizes.map((consumers) => ({
        contender: nameOf(consumers),
        figure: 'of linear',
        atLeast: 0.95,
        unless: { figure: BUSY_CORES, above: FULL },
      })),
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
          const aloneMs = await timeAlone(tool?.port ?? 0);
          const figures = await runner.measure();
          const linear = (consumers * CALLS_EACH * 1_000) / aloneMs;
          return { 'of linear': (figures['events/s'] ?? 0) / linear, 'a call alone, ms': aloneMs, ...figures };
        },
        stop: async () => {
          await runner.stop();
          await tool?.stop();
        },
      };
    },
  };
}
