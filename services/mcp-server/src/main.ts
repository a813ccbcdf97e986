import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createLogger, createRegistry, Lifecycle, runService } from '@millrace/runtime';
import { openTracer } from '@millrace/tracing';
import { createApp } from './app.js';
import { CompletedCalls } from './completed-calls.js';
import { loadConfig } from './config.js';
import { Faults } from './faults.js';
import { createProtocol } from './protocol.js';
import { resourcesOf } from './resources.js';
import { Sessions } from './sessions.js';
import { ToolRunner } from './tool-runner.js';
import { toolsOf } from './tools.js';
import { Witness } from './witness.js';

/** Longer than any call takes once nothing waits any more, in ms. */
const GRACE_MS = 10_000;

await runService(createLogger('mcp-server', 'info'), async () => {
  const config = loadConfig();
  const logger = createLogger('mcp-server', config.logLevel, config.cloud);
  const lifecycle = new Lifecycle(logger, GRACE_MS);
  lifecycle.listenForSignals();
  const stopping = new AbortController();
  // Every open stream and every pending delay listens to it.
  setMaxListeners(0, stopping.signal);

  const witness = await Witness.open(config.witnessFile, () => new Date());
  lifecycle.onStop('witness', () => witness.close());

  const tracer = await openTracer(`mcp-${config.cloud}`, config.traces);
  lifecycle.onStop('traces', async () => tracer?.close());
  const tools = toolsOf(config.cloud);
  const runner = new ToolRunner(witness, new CompletedCalls(), stopping.signal, tracer);
  const sessions = new Sessions({ maxSessions: config.maxSessions, idleMs: config.sessionIdleMs }, () =>
    performance.now(),
  );
  const offer = { name: `mock-${config.cloud}`, tools, resources: resourcesOf(config.cloud), runner };
  const protocol = createProtocol(config.cloud, offer, sessions, randomUUID);
  lifecycle.onStop('protocol', () => protocol.close());

  const app = await createApp({
    cloud: config.cloud,
    allowedHosts: config.allowedHosts,
    protocol,
    toolNames: new Set(tools.map(({ name }) => name)),
    runner,
    witness,
    faults: new Faults(),
    stopping: stopping.signal,
    logger,
    registry: createRegistry(),
    readiness: { problems: () => (stopping.signal.aborted ? ['stopping'] : witness.problems()) },
  });
  lifecycle.onStop('http', () => app.close());
  lifecycle.onStop('waits', async () => stopping.abort());
  await app.listen({ host: config.host, port: config.port });
  lifecycle.announceReady((app.server.address() as AddressInfo).port);
});
