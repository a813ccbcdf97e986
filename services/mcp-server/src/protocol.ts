import type { Cloud } from './config.js';
import { createBothRevisions } from './protocols/both-revisions.js';
import { openSdk1Session } from './protocols/sdk1-session.js';
import { sdk2ServerFactory } from './protocols/sdk2-server.js';
import { openSdk2Session } from './protocols/sdk2-session.js';
import { createSessionful } from './protocols/sessionful.js';
import { createStateless } from './protocols/stateless.js';
import type { Resource } from './resource.js';
import type { Sessions } from './sessions.js';
import type { Tool } from './tool.js';
import type { ToolRunner } from './tool-runner.js';

/** The MCP endpoint of one cloud behind HTTP: it sees requests whose body has been parsed. */
export interface Protocol {
  /** `left` resolves when the client has left before it was answered, and otherwise never. */
  handle(request: Request, body: unknown, left: Promise<unknown>): Promise<Response>;
  /** Whether a tool call that names this session, or none, gets as far as a tool. */
  admits(sessionId: string | undefined): boolean;
  /** Loses a session, as a restart would. Nothing happens where there is none. */
  forget(sessionId: string): Promise<void>;
  /** Ends what is open. Call it when no request is under way any more. */
  close(): Promise<void>;
}

/** What a protocol serves, and under which name. */
export interface Offer {
  readonly name: string;
  readonly tools: readonly Tool[];
  /** Served by the endpoints of the 2.x SDK. */
  readonly resources: readonly Resource[];
  readonly runner: ToolRunner;
}

/** aws speaks 2025-11-25 with sessions, gcp 2026-07-28 and nothing else, azure both on one endpoint. */
export function createProtocol(cloud: Cloud, offer: Offer, sessions: Sessions, newId: () => string): Protocol {
  switch (cloud) {
    case 'aws':
      return createSessionful(sessions, (hooks) => openSdk1Session(offer, newId, hooks));
    case 'gcp':
      return createStateless(sdk2ServerFactory(offer));
    case 'azure': {
      const newServer = sdk2ServerFactory(offer);
      return createBothRevisions(
        createSessionful(sessions, (hooks) => openSdk2Session(newServer(), newId, hooks)),
        createStateless(newServer),
      );
    }
  }
}
