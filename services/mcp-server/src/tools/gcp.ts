import { z } from 'zod';
import { BoundedMap } from '../bounded-map.js';
import { ADDS, changed, defineTool, REACHES_OUT, READ_ONLY, refused, type Tool, unchanged } from '../tool.js';
import { eventId, idempotencyKey, orderId, quantity, sku, text } from './fields.js';
import { logsSearchTool } from './logs-search.js';

/** Pieces of every article before anything was reserved; enough for a load test, and still finite. */
const INITIAL_LEVEL = 1_000_000;
const MAX_ARTICLES = 10_000;

/** The warehouse: stock, parcels, labels, and the logs of what runs there. Each call of this function is a new one. */
export function gcpTools(): readonly Tool[] {
  const levels = new BoundedMap<string, number>(MAX_ARTICLES);
  const levelOf = (article: string) => levels.get(article) ?? INITIAL_LEVEL;
  return [
    defineTool({
      name: 'stock.reserve',
      title: 'Reserve stock',
      description: 'Takes pieces of an article out of the free stock. Refused when there are not enough.',
      input: z.object({ eventId, orderId, sku, quantity: quantity.default(1) }),
      output: z.object({ reservationId: z.string(), sku: z.string(), quantity: z.int(), left: z.int() }),
      annotations: ADDS,
      key: 'meta',
      run(wanted, requestN) {
        const left = levelOf(wanted.sku) - wanted.quantity;
        if (left < 0) return refused(`only ${levelOf(wanted.sku)} pieces of ${wanted.sku} are left`);
        levels.set(wanted.sku, left);
        return changed({ reservationId: `res-${requestN}`, sku: wanted.sku, quantity: wanted.quantity, left });
      },
    }),
    defineTool({
      name: 'stock.release',
      title: 'Release reserved stock',
      description: 'Puts reserved pieces of an article back into the free stock.',
      input: z.object({ eventId, orderId, sku, quantity: quantity.default(1) }),
      output: z.object({ sku: z.string(), left: z.int() }),
      annotations: ADDS,
      key: 'meta',
      run(given) {
        const left = levelOf(given.sku) + given.quantity;
        levels.set(given.sku, left);
        return changed({ sku: given.sku, left });
      },
    }),
    defineTool({
      name: 'stock.level',
      title: 'Free stock of an article',
      description: 'How many pieces of an article are free.',
      input: z.object({ eventId, sku }),
      output: z.object({ sku: z.string(), left: z.int() }),
      annotations: READ_ONLY,
      run: (article) => unchanged({ sku: article.sku, left: levelOf(article.sku) }),
    }),
    logsSearchTool('gcp'),
    defineTool({
      name: 'parcel.book',
      title: 'Book a parcel',
      description: 'Books the collection of a parcel. Takes an idempotency key as an argument.',
      input: z.object({ eventId, orderId, address: text, idempotencyKey }),
      output: z.object({ parcelId: z.string(), carrier: z.string() }),
      annotations: REACHES_OUT,
      key: 'meta-or-argument',
      run: (_parcel, requestN) => changed({ parcelId: `parcel-${requestN}`, carrier: 'Northbound' }),
    }),
    defineTool({
      name: 'label.print',
      title: 'Print a label',
      description: 'Prints one label for every call. Takes no idempotency key.',
      input: z.object({ eventId, orderId, copies: z.int().min(1).max(10).default(1) }),
      output: z.object({ printed: z.int() }),
      annotations: REACHES_OUT,
      run: ({ copies }) => changed({ printed: copies }),
    }),
  ];
}
