import type { Pool } from 'undici';
import type { Credentials } from './access/credentials.js';
import type { ServerGuard } from './guards/server-guard.js';
import type { Slots } from './guards/slots.js';
import type { ServerConfig } from './servers.js';
import type { Session } from './sessions/session.js';
import type { Catalog } from './tools/catalog.js';

/** What belongs to one server. */
export interface Line {
  readonly server: ServerConfig;
  readonly credentials: Credentials | undefined;
  readonly slots: Slots;
  readonly guard: ServerGuard;
  readonly catalog: Catalog;
  readonly pool: Pool;
  readonly session: Session;
}
