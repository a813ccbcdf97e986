import {
  addProbes,
  addProblemHandlers,
  createHttpApp,
  type Logger,
  type Readiness,
  type Registry,
} from '@millrace/runtime';
import type { FastifyInstance } from 'fastify';
import type { Cloud } from './config.js';
import { addFaults } from './endpoints/faults.js';
import { addMcp, type McpDependencies } from './endpoints/mcp.js';
import { addWitness } from './endpoints/witness.js';
import { problemFor, sendRpcError } from './error-handler.js';
import { guardHosts } from './host-guard.js';

/** What the HTTP side of a mock cloud is made of. */
export interface AppDependencies extends McpDependencies {
  readonly cloud: Cloud;
  readonly allowedHosts: readonly string[];
  readonly logger: Logger;
  readonly registry: Registry;
  readonly readiness: Readiness;
}

/** The HTTP side of a mock cloud: MCP, the witness, the faults and the probes. The probes alone take any `Host`. */
export async function createApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const { cloud, witness, faults, toolNames, allowedHosts } = dependencies;
  const app = createHttpApp(dependencies.logger);
  // Other services end a silent connection; here a fault may ask for silence, and it is the client's turn to give up.
  app.server.timeout = 0;
  addProblemHandlers(app, { problemFor });
  addProbes(app, dependencies.registry, dependencies.readiness);
  await app.register(async (mcp) => {
    guardHosts(mcp, allowedHosts);
    mcp.setErrorHandler(sendRpcError);
    addMcp(mcp, dependencies);
  });
  await app.register(async (admin) => {
    guardHosts(admin, allowedHosts);
    addWitness(admin, cloud, witness);
    addFaults(admin, faults, toolNames);
  });
  return app;
}
