import { defineHandler } from '@millrace/handlers';

interface Resolved {
  readonly service: string;
  readonly resolution: string;
}

interface Logs {
  readonly total: number;
}

/** When an incident is resolved: looks how much was logged, notes it in the audit trail, and asks for a review if it was a lot. */
export default defineHandler<Resolved>(async ({ event, tools, emit }) => {
  const { service, resolution } = event.data;
  const found = await tools.call('count-logs', {
    server: 'gcp',
    tool: 'logs.search',
    arguments: { eventId: event.id, service },
    idempotency: 'safe',
  });
  const { total } = found as Logs;
  await tools.call('note', {
    server: 'aws',
    tool: 'audit.write',
    arguments: {
      eventId: event.id,
      action: `incident of ${service} resolved`,
      detail: `${resolution}; ${total} lines logged`,
    },
    idempotency: 'key',
  });
  if (total > 20) emit({ type: 'com.ops.review.requested', subject: service, data: { service, lines: total } });
  return { service, lines: total };
});
