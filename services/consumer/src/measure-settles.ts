import { PlatformError } from '@millrace/core';
import type { Metrics } from '@millrace/runtime';
import type { SettleReply, Settler, Waiter } from '@millrace/stream-client';

/** The same settler, with its time taken: until an outcome is as durable as the deployment asked. */
export function measureSettles(settler: Settler, { operationDuration }: Metrics): Settler {
  const operation = { messaging_operation_name: 'settle' };
  const settled = operationDuration.labels(operation);
  const succeeded = (startedAt: number) => settled.observe(secondsSince(startedAt));
  const failed = (startedAt: number, error: unknown) => {
    const error_type = error instanceof PlatformError ? error.code : 'unexpected';
    operationDuration.labels({ ...operation, error_type }).observe(secondsSince(startedAt));
  };
  const settleFor = (settlement: Parameters<Settler['settle']>[0], waiter: Waiter<SettleReply>) => {
    const startedAt = performance.now();
    settler.settleFor(settlement, {
      resolve: (reply) => {
        succeeded(startedAt);
        waiter.resolve(reply);
      },
      reject: (error) => {
        failed(startedAt, error);
        waiter.reject(error);
      },
    });
  };
  return {
    settle: (settlement) => new Promise((resolve, reject) => settleFor(settlement, { resolve, reject })),
    settleFor,
    drain: () => settler.drain(),
  };
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000;
}
