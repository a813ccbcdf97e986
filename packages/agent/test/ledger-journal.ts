import type { Journal, StepTools, ToolAnswer } from '@millrace/agent';
import { type Effect, OWN_WORK, StepLedger, type StepRequest } from '@millrace/ledger';
import type { ToolCaller } from '@millrace/mcp-client';

/** Stands for the death of the process. */
export class Crash extends Error {}

/** The effects of one delivery, as they outlive the processes that wrote them. */
export type Kept = Map<string, Effect>;

export interface LedgerJournalOptions {
  readonly kept: Kept;
  readonly eventId: string;
  readonly tools: ToolCaller;
  readonly attempt: number;
  /** What a person says. */
  readonly approve?: StepTools['approve'];
  /** Dies with the n-th record, from 1: `before` it is written, or `after`. */
  readonly crash?: { readonly at: number; readonly when: 'before' | 'after' };
}

/**
 * A journal on the real ledger: a step that only groups is kept when it is done, the tool call within it is recorded before
 * it is sent and after it is answered. `records` counts what was written in this attempt.
 */
export function createLedgerJournal({ kept, eventId, tools, attempt, crash, approve }: LedgerJournalOptions) {
  let records = 0;
  let isDead = false;
  const record = async (effect: Effect) => {
    if (isDead) throw new Crash('dead already');
    records += 1;
    const isLast = records === crash?.at;
    if (!(isLast && crash?.when === 'before')) kept.set(effect.step, structuredClone(effect));
    isDead = isLast;
    if (isLast) throw new Crash(`at record ${records}`);
    return true;
  };
  const facts = { namespace: 'test', event: { source: '/test', id: eventId }, route: 'agent', version: 'v1' };
  const ledger = new StepLedger(
    { ...facts, attempt, redrivenAt: 0, guarantee: 'effectively-once', recorded: [...kept.values()] },
    record,
  );

  const carry = async <T>(request: StepRequest, work: (effect: Effect) => Promise<T>): Promise<T> => {
    let thrown: unknown;
    const answer = await ledger.carry(request, async (effect, begin) => {
      const failed = (message: string) => ({
        kind: 'failed' as const,
        state: 'failed' as const,
        error: { code: 'STEP_FAILED', message },
        durationMs: 0,
      });
      if (!(await begin())) return failed('not begun');
      try {
        return { kind: 'done', result: await work(effect), durationMs: 0 };
      } catch (error) {
        thrown = error;
        return failed(String(error));
      }
    });
    if (answer.kind === 'done') return answer.result as T;
    throw thrown ?? new Error(`the delivery has ended: ${ledger.verdict?.error.message}`);
  };

  const keep: Journal['keep'] = (step, work) => {
    const own = { step, server: OWN_WORK, tool: step, arguments: {}, isRepeatable: true, isStartRecorded: false };
    return carry(own, () =>
      work({
        approve: async (call, why) => {
          if (approve === undefined) throw new Error(`nobody is there to ask about ${call.tool}: ${why}`);
          return approve(call, why);
        },
        waitedMs: () => 0,
        call: async (call, signal) => {
          let failure: ToolAnswer | undefined;
          const request = { ...call, step: `${step}/call`, isRepeatable: true, isStartRecorded: true };
          const sent = carry(request, async ({ key, target }) => {
            const sending = { idempotencyKey: key, timeoutMs: 10_000 };
            const outcome = await tools.call({ ...target, ...sending }, signal);
            if (outcome.kind === 'ok') return outcome.result.structuredContent ?? outcome.result.content;
            const { class: errorClass, code, message, retryable } = outcome.error;
            failure = { kind: 'failed', class: errorClass, code, message, retryable };
            throw outcome.error;
          });
          return sent.then(
            (result): ToolAnswer => ({ kind: 'ok', result }),
            (error: unknown) => {
              if (failure !== undefined) return failure;
              throw error;
            },
          );
        },
      }),
    );
  };
  return {
    journal: { keep },
    get records() {
      return records;
    },
  };
}
