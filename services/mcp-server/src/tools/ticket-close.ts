import { z } from 'zod';
import { BoundedMap } from '../bounded-map.js';
import { changed, defineTool, SETS, type Tool, unchanged } from '../tool.js';
import { eventId } from './fields.js';

const MAX_TICKETS = 100_000;

/** `ticket.close`, which two clouds offer. Each call of this function knows its own closed tickets. */
export function ticketCloseTool(): Tool {
  const closed = new BoundedMap<string, true>(MAX_TICKETS);
  return defineTool({
    name: 'ticket.close',
    title: 'Close a ticket',
    description: 'Closes a ticket. Closing it again changes nothing.',
    input: z.object({ eventId, ticketId: z.string().min(1).max(128), resolution: z.string().max(2_000).default('') }),
    output: z.object({ ticketId: z.string(), state: z.literal('closed') }),
    annotations: SETS,
    run({ ticketId }) {
      const answer = { ticketId, state: 'closed' } as const;
      if (closed.get(ticketId) !== undefined) return unchanged(answer);
      closed.set(ticketId, true);
      return changed(answer);
    },
  });
}
