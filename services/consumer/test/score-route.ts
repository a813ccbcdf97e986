import { someRoutes } from './start-consuming.js';

/** One route, quick to try again, for tests of what becomes of an event whatever the route. */
export const SCORE = someRoutes(`
routes:
  - id: score
    on: { type: order.created }
    call: { server: aws, tool: risk.score }
    with: '{ "eventId": id, "orderId": data.orderId }'
    retry: { attempts: 3, initial: 5ms, max: 20ms }
`);
