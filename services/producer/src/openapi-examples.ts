/** One believable event and what becomes of it, for the documentation. */
export const eventExample = {
  specversion: '1.0',
  id: 'order-1001',
  source: '/shop/checkout',
  type: 'com.shop.order.created',
  time: '2026-01-31T12:00:00Z',
  datacontenttype: 'application/json',
  data: { orderId: '1001', total: 199.5 },
};

export const plainExample = { type: 'com.shop.order.created', data: { orderId: '1001', total: 199.5 } };

export const acceptedExample = {
  ref: '0-1769860800000-0',
  id: 'order-1001',
  source: '/shop/checkout',
  duplicate: false,
};

export const recordExample = {
  ref: '0-1769860800000-0',
  event: eventExample,
  state: 'done',
  acceptedAt: '2026-01-31T12:00:00.000Z',
  finishedAt: '2026-01-31T12:00:00.240Z',
  routes: [
    {
      id: 'score-order',
      version: '1f0c9a',
      state: 'done',
      attempts: 1,
      starts: 1,
      effects: [{ server: 'aws', tool: 'risk.score' }],
      result: { score: 12 },
      followUps: [],
    },
  ],
};
