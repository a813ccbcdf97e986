import { z } from 'zod';
import { BoundedMap } from '../bounded-map.js';
import { numberFrom } from '../digest.js';
import { ADDS, changed, defineTool, REACHES_OUT, READ_ONLY, SETS, type Tool, unchanged } from '../tool.js';
import { eventId, idempotencyKey, money, orderId, text } from './fields.js';
import { ticketCloseTool } from './ticket-close.js';

const MAX_TICKETS = 10_000;

/** The shop's back office: risk, orders, mail, fraud, audit, tickets. Each call of this function is a back office of its own. */
export function awsTools(): readonly Tool[] {
  const tickets = new BoundedMap<string, { ticketId: string; orderId: string; reason: string }>(MAX_TICKETS);
  const bands = z.enum(['low', 'medium', 'high']);
  return [
    defineTool({
      name: 'risk.score',
      title: 'Score the risk of an order',
      description: 'Scores an order from 0 (harmless) to 100 (fraud). The same order and total always score the same.',
      input: z.object({ eventId, orderId, total: money, country: z.string().max(64).optional() }),
      output: z.object({ orderId: z.string(), score: z.int().min(0).max(100), band: bands }),
      annotations: READ_ONLY,
      run(order) {
        const score = Math.min(
          100,
          (numberFrom(`${order.orderId} ${order.total}`) % 70) + Math.floor(order.total / 500),
        );
        const band = score < 40 ? 'low' : score < 75 ? 'medium' : 'high';
        return unchanged({ orderId: order.orderId, score, band } as const);
      },
    }),
    defineTool({
      name: 'orders.lookup',
      title: 'Look up an order',
      description: 'The customer, the articles and the state of an order.',
      input: z.object({ eventId, orderId }),
      output: z.object({ orderId: z.string(), customer: z.string(), state: z.string(), articles: z.array(z.string()) }),
      annotations: READ_ONLY,
      run(order) {
        const number = numberFrom(order.orderId);
        const articles = Array.from({ length: 1 + (number % 3) }, (_, at) => `SKU-${(number + at * 37) % 500}`);
        const state = ['received', 'paid', 'packed', 'shipped'][number % 4] ?? 'received';
        return unchanged({ orderId: order.orderId, customer: `customer-${number % 10_000}`, state, articles });
      },
    }),
    defineTool({
      name: 'notify.email',
      title: 'Send an e-mail',
      description: 'Sends one e-mail for every call. Takes no idempotency key.',
      input: z.object({
        eventId,
        to: z.string().min(3).max(320),
        subject: text,
        body: z.string().max(20_000).default(''),
      }),
      output: z.object({ messageId: z.string(), accepted: z.boolean() }),
      annotations: REACHES_OUT,
      run: (_mail, requestN) => changed({ messageId: `mail-${requestN}`, accepted: true }),
    }),
    defineTool({
      name: 'fraud.flag',
      title: 'Flag an order for review',
      description: 'Puts an order on the review list. Flagging it again changes nothing.',
      input: z.object({ eventId, orderId, reason: text }),
      output: z.object({ ticketId: z.string(), orderId: z.string() }),
      annotations: SETS,
      run(flag, requestN) {
        const known = tickets.get(flag.orderId);
        if (known !== undefined) return unchanged({ ticketId: known.ticketId, orderId: flag.orderId });
        const ticketId = `review-${requestN}`;
        tickets.set(flag.orderId, { ticketId, orderId: flag.orderId, reason: flag.reason });
        return changed({ ticketId, orderId: flag.orderId });
      },
    }),
    defineTool({
      name: 'audit.write',
      title: 'Write an audit line',
      description: 'Appends a line to the audit trail. Takes an idempotency key as an argument.',
      input: z.object({ eventId, action: text, detail: z.string().max(20_000).default(''), idempotencyKey }),
      output: z.object({ line: z.int() }),
      annotations: ADDS,
      key: 'meta-or-argument',
      run: (_line, requestN) => changed({ line: requestN }),
    }),
    defineTool({
      name: 'tickets.list',
      title: 'List orders under review',
      description: 'The orders flagged for review since this server started, oldest first.',
      input: z.object({ eventId, limit: z.int().min(1).max(100).default(20) }),
      output: z.object({
        tickets: z.array(z.object({ ticketId: z.string(), orderId: z.string(), reason: z.string() })),
      }),
      annotations: READ_ONLY,
      run: ({ limit }) => unchanged({ tickets: [...tickets.values()].slice(0, limit) }),
    }),
    ticketCloseTool(),
  ];
}
