import { z } from 'zod';
import { BoundedMap } from '../bounded-map.js';
import { ADDS, changed, DESTROYS, defineTool, REACHES_OUT, refused, type Tool } from '../tool.js';
import { eventId, idempotencyKey, money, orderId, text } from './fields.js';
import { logsSearchTool } from './logs-search.js';
import { ticketCloseTool } from './ticket-close.js';

/** The card network declines a charge above this. */
const MAX_CHARGE = 50_000;
/** A refund above this is somebody's decision. */
const MAX_UNASKED_REFUND = 100;
const MAX_WORKLOADS = 10_000;

const currency = z.string().length(3).default('EUR');

/** Payments and operations: cards, tickets, workloads, logs. Each call of this function is a new one. */
export function azureTools(): readonly Tool[] {
  const restarts = new BoundedMap<string, number>(MAX_WORKLOADS);
  return [
    defineTool({
      name: 'card.charge',
      title: 'Charge a card',
      description: `Charges the card of an order. Declined above ${MAX_CHARGE}.`,
      input: z.object({ eventId, orderId, total: money, currency, idempotencyKey }),
      output: z.object({ chargeId: z.string(), orderId: z.string(), total: z.number(), currency: z.string() }),
      annotations: REACHES_OUT,
      key: 'meta-or-argument',
      run(charge, requestN) {
        if (charge.total > MAX_CHARGE) return refused(`declined: ${charge.total} is above the limit of ${MAX_CHARGE}`);
        const { total } = charge;
        return changed({ chargeId: `ch-${requestN}`, orderId: charge.orderId, total, currency: charge.currency });
      },
    }),
    defineTool({
      name: 'card.refund',
      title: 'Refund a charge',
      description: `Gives money back to the card of an order. Above ${MAX_UNASKED_REFUND} somebody is asked first.`,
      input: z.object({ eventId, orderId, total: money, currency }),
      output: z.object({ refundId: z.string(), total: z.number() }),
      annotations: REACHES_OUT,
      key: 'meta',
      asks: ({ orderId: order, total, currency: unit }) =>
        total > MAX_UNASKED_REFUND ? `Refund ${total} ${unit} for order ${order}?` : undefined,
      run: ({ total }, requestN) => changed({ refundId: `re-${requestN}`, total }),
    }),
    defineTool({
      name: 'ticket.open',
      title: 'Open a ticket',
      description: 'Opens a ticket with the people on call.',
      input: z.object({ eventId, title: text, severity: z.enum(['low', 'medium', 'high']).default('medium') }),
      output: z.object({ ticketId: z.string(), severity: z.string() }),
      annotations: ADDS,
      key: 'meta',
      run: ({ severity }, requestN) => changed({ ticketId: `T-${requestN}`, severity }),
    }),
    ticketCloseTool(),
    defineTool({
      name: 'workload.restart',
      title: 'Restart a workload',
      description: 'Stops a workload and starts it again, for every call. Takes no idempotency key.',
      input: z.object({ eventId, workload: text }),
      output: z.object({ workload: z.string(), restarts: z.int() }),
      annotations: DESTROYS,
      run({ workload }) {
        const count = (restarts.get(workload) ?? 0) + 1;
        restarts.set(workload, count);
        return changed({ workload, restarts: count });
      },
    }),
    logsSearchTool('azure'),
  ];
}
