import { PlatformError } from '@millrace/core';
import type { Metrics } from '@millrace/runtime';
import type { Appender } from '@millrace/stream-client';

const OPERATION = { messaging_operation_name: 'send' };

/** Appends, and counts how long it took and what the stream said: nothing is said of an event that it took. */
export function measureAppend(appender: Pick<Appender, 'append'>, metrics: Metrics): Appender['append'] {
  const sent = metrics.sentMessages.labels(OPERATION);
  const sentWithin = metrics.operationDuration.labels(OPERATION);
  const secondsSince = (startedAt: number) => (performance.now() - startedAt) / 1_000;
  const fail = (error_type: string, startedAt: number) => {
    metrics.sentMessages.labels({ ...OPERATION, error_type }).inc();
    metrics.operationDuration.labels({ ...OPERATION, error_type }).observe(secondsSince(startedAt));
  };
  return async (event, contentHash) => {
    const startedAt = performance.now();
    try {
      const result = await appender.append(event, contentHash);
      if (result.kind === 'accepted' || result.kind === 'duplicate') {
        sent.inc();
        sentWithin.observe(secondsSince(startedAt));
      } else {
        fail(result.kind, startedAt);
      }
      return result;
    } catch (error) {
      fail(error instanceof PlatformError ? error.code : 'unexpected', startedAt);
      throw error;
    }
  };
}
