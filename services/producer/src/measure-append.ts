import { PlatformError } from '@millrace/core';
import { bindCounter, bindHistogram, type Metrics } from '@millrace/runtime';
import type { AppendResult } from '@millrace/stream-client';

const OPERATION = { messaging_operation_name: 'send' };

/** Counts appends: how long each took, and what the stream said; nothing is said of an event that it took. */
export interface AppendMeter {
  /** `startedAt` by `performance.now()`. */
  ended(startedAt: number, result: AppendResult): void;
  failed(startedAt: number, error: unknown): void;
}

export function createAppendMeter(metrics: Metrics): AppendMeter {
  const countSent = bindCounter(metrics.sentMessages, OPERATION);
  const sentWithin = bindHistogram(metrics.operationDuration, OPERATION);
  const secondsSince = (startedAt: number) => (performance.now() - startedAt) / 1_000;
  const fail = (error_type: string, startedAt: number) => {
    metrics.sentMessages.labels({ ...OPERATION, error_type }).inc();
    metrics.operationDuration.labels({ ...OPERATION, error_type }).observe(secondsSince(startedAt));
  };
  return {
    ended: (startedAt, { kind }) => {
      if (kind !== 'accepted' && kind !== 'duplicate') return fail(kind, startedAt);
      countSent();
      sentWithin(secondsSince(startedAt));
    },
    failed: (startedAt, error) => fail(error instanceof PlatformError ? error.code : 'unexpected', startedAt),
  };
}
