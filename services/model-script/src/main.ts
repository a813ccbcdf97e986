import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createLogger, createRegistry, Lifecycle, runService } from '@millrace/runtime';
import { createApp } from './app.js';
import { loadConfig } from './config.js';
import { loadScripts } from './load-scripts.js';
import { ScriptBook } from './script-book.js';

/** Longer than any request takes once nothing waits any more, in ms. */
const GRACE_MS = 10_000;

await runService(createLogger('model-script', 'info'), async () => {
  const config = loadConfig();
  const logger = createLogger('model-script', config.logLevel);
  const lifecycle = new Lifecycle(logger, GRACE_MS);
  lifecycle.listenForSignals();
  const stopping = new AbortController();
  // Every request that is kept waiting listens to it.
  setMaxListeners(0, stopping.signal);

  const book = new ScriptBook();
  if (config.scriptsPath !== undefined) book.replace(await loadScripts(config.scriptsPath));
  const app = createApp({
    book,
    stopping: stopping.signal,
    logger,
    registry: createRegistry(),
    readiness: { problems: () => (stopping.signal.aborted ? ['stopping'] : []) },
  });
  lifecycle.onStop('http', () => app.close());
  lifecycle.onStop('waits', async () => stopping.abort());
  await app.listen({ host: config.host, port: config.port });
  lifecycle.announceReady((app.server.address() as AddressInfo).port);
});
