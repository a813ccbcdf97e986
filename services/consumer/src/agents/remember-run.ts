import {
  type AgentReport,
  type AgentTask,
  type AskModel,
  addUsage,
  findReachedLimit,
  type ModelPrices,
  type Remembered,
  type Summarized,
  summarize,
} from '@millrace/agent';
import type { HandlerContext } from '@millrace/handlers';
import type { RunMemory } from './agent-context.js';

/** What remembering a run needs. */
export interface Remembering {
  readonly memory: RunMemory;
  readonly limits: AgentTask['limits'];
  /** What the run has left of its limit of time. */
  readonly leftMs: number;
  readonly ask: AskModel;
  readonly maxOutputTokens: number;
  readonly pricesOf: (model: string | undefined) => ModelPrices;
  readonly context: Pick<HandlerContext, 'step' | 'signal'>;
}

/**
 * Keeps a run with what there is no room for put into words by a model, as the step `summary`: it is asked once, whoever
 * goes on with the delivery, within what the run has left of its tokens and its time. Where it has no words, or there is no
 * room to ask, the rules of the memory do. Resolves with the report of the run, in which the question is counted.
 */
export async function rememberSummed(
  run: Remembered,
  { memory, limits, leftMs, ask, maxOutputTokens, pricesOf, context }: Remembering,
): Promise<AgentReport> {
  const { report } = run;
  const fading = memory.findFading(run);
  const isAtLimit = findReachedLimit({ ...limits, steps: Number.POSITIVE_INFINITY }, report.spent) !== undefined;
  if (fading === undefined || isAtLimit) {
    memory.keep(run);
    return report;
  }
  const tokens = limits.tokens - report.spent.input - report.spent.output;
  const room = { tokens, maxOutputTokens, timeMs: leftMs };
  const summed = await context.step(
    'summary',
    async (): Promise<Summarized & { readonly turns: number }> => ({
      ...(await summarize(fading, ask, room, context.signal)),
      turns: fading.turns.length,
    }),
    { idempotency: 'safe' },
  );
  memory.keep(summed.kind === 'words' ? { ...run, summary: summed } : run);
  const { usage, by } = summed;
  return usage === undefined ? report : { ...report, spent: addUsage(report.spent, usage, pricesOf(by)) };
}
