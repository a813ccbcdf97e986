/** Data to begin with for the events of the demonstration. What is of another type begins empty. */
export const EXAMPLES: Readonly<Record<string, object>> = {
  'com.shop.order.created': { orderId: '1001', total: 199.5, sku: 'mug', quantity: 1 },
  'com.ops.incident.opened': { service: 'checkout', title: 'slow', severity: 'high' },
  'com.ops.incident.escalated': { service: 'checkout', ticketId: 'T-1' },
};

/** The type that somebody begins with who has nothing at hand. */
export const FIRST_TYPE = 'com.shop.order.created';

/** The data that an event of a type begins with, as text. */
export function exampleOf(type: string): string {
  return JSON.stringify(EXAMPLES[type] ?? {}, undefined, 2);
}
