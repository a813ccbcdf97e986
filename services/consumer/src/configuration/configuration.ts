import type { EventSchemas } from '@millrace/config-files';
import type { Handler } from '@millrace/handlers';
import type { RouteTable } from '@millrace/routing';
import type { Models } from '../agents/models.js';
import type { ConsumerTools } from '../call-target.js';

/** Everything that the configuration folder says, checked as a whole and never changed after that. */
export interface Configuration {
  /** Names the content of the folder: deliveries say under which version they ran. */
  readonly version: string;
  readonly routes: RouteTable;
  /** The handlers that routes name, by their files. */
  readonly handlers: ReadonlyMap<string, Handler>;
  /** The models that routes may name. None where it is left out. */
  readonly models?: Models;
  /** What the data of follow-up events must fit, by event type. None where it is left out. */
  readonly schemas?: EventSchemas;
  /** Calls tools on the servers of this configuration. */
  readonly tools: ConsumerTools;
}

/** Where an entry gets the configuration that it is handled under. */
export interface Configurations {
  /** The configuration in force. It stays usable, with its servers, until it is released, whatever replaces it. */
  hold(): HeldConfiguration;
}

export interface HeldConfiguration extends Configuration {
  /** Call it once, when nothing uses the configuration any more. */
  release(): void;
}

/** A configuration that nothing ever replaces. */
export function createFixedConfiguration(configuration: Configuration): Configurations {
  return { hold: () => ({ ...configuration, release: () => undefined }) };
}
