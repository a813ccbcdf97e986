import { PlatformError } from '@millrace/core';
import type { Metrics } from '@millrace/runtime';
import type { Settler } from '@millrace/stream-client';

/** The same settler, with its time taken: until an outcome is as durable as the deployment asked. */
export function measureSettles(settler: Settler, { operationDuration }: Metrics): Settler {
  const operation = { messaging_operation_name: 'settle' };
  const settled = operationDuration.labels(operation);
  const secondsSince = (startedAt: number) => (performance.now() - startedAt) / 1_000;
  return {
    async settle(settlement) {
      const startedAt = performance.now();
      try {
        const reply = await settler.settle(settlement);
        settled.observe(secondsSince(startedAt));
        return reply;
      } catch (error) {
        const error_type = error instanceof PlatformError ? error.code : 'unexpected';
        operationDuration.labels({ ...operation, error_type }).observe(secondsSince(startedAt));
        throw error;
      }
    },
    drain: () => settler.drain(),
  };
}
