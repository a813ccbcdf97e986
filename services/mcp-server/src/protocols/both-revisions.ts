import { isLegacyRequest } from '@modelcontextprotocol/server';
import type { Protocol } from '../protocol.js';

/** Both revisions on one endpoint: a request that does not claim the newer one goes to the older one's sessions. */
export function createBothRevisions(older: Protocol, newer: Protocol): Protocol {
  return {
    handle: async (request, body, left) =>
      (await isLegacyRequest(request, body)) ? older.handle(request, body, left) : newer.handle(request, body, left),
    admits: (sessionId) => (sessionId === undefined ? newer : older).admits(sessionId),
    forget: (sessionId) => older.forget(sessionId),
    close: async () => {
      await older.close();
      await newer.close();
    },
  };
}
