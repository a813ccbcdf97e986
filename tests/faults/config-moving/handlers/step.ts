import { defineHandler } from '@millrace/handlers';

/** A step of the handler's own, and a call that has to come in order and once. */
export default defineHandler(async ({ event, tools, step }) => {
  const detail = await step('detail', () => `drawn ${Math.random()}`, { idempotency: 'safe' });
  return tools.call('write', {
    server: 'aws',
    tool: 'audit.write',
    arguments: { eventId: event.id, action: 'step', detail },
  });
});
