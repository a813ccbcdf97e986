import type { Protocol } from '../protocol.js';
import type { Session, Sessions } from '../sessions.js';

/** Called by a session's transport when it has got its id, and when the client has ended it. */
export interface SessionHooks {
  opened(id: string): Promise<void>;
  ended(id: string): Promise<void>;
}

/**
 * The protocol up to 2025-11-25, with sessions: `initialize` opens one, everything else has to name one. A session
 * this process does not have is answered 404, on which the specification tells clients to open another.
 */
export function createSessionful(sessions: Sessions, openSession: (hooks: SessionHooks) => Promise<Session>): Protocol {
  return {
    handle(request, body, left) {
      const id = request.headers.get('mcp-session-id');
      if (id === null) return openAndHandle(request, body);
      return sessions.handle(id, request, body, left) ?? Promise.resolve(sessionNotFound());
    },
    admits: (id) => id !== undefined && sessions.has(id),
    forget: (id) => sessions.forget(id),
    close: () => sessions.closeAll(),
  };

  async function openAndHandle(request: Request, body: unknown): Promise<Response> {
    if (!isInitialize(body)) return failure(400, -32_000, 'Bad Request: the Mcp-Session-Id header is missing');
    let opened = false;
    const session = await openSession({
      opened: async (id) => {
        opened = true;
        await sessions.add(id, session);
      },
      ended: (id) => sessions.forget(id),
    });
    const response = await session.handle(request, body);
    if (!opened) await session.close();
    return response;
  }
}

/** What both SDKs answer for a session they do not know. */
export function sessionNotFound(): Response {
  return failure(404, -32_001, 'Session not found');
}

function failure(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}

function isInitialize(body: unknown): boolean {
  return body !== null && typeof body === 'object' && 'method' in body && body.method === 'initialize';
}
