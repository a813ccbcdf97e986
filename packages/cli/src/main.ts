#!/usr/bin/env node
import { loadConfig } from './config.js';
import { exitCodeFor } from './errors.js';
import { runCli } from './program.js';
import { openTerminal } from './terminal.js';

const terminal = openTerminal();
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
// Whoever reads may have seen enough (`events tail | head`): that ends it, and is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    stopping.abort();
  });
}

try {
  const config = loadConfig();
  process.exitCode = await runCli(process.argv.slice(2), { config, terminal, signal: stopping.signal });
} catch (error) {
  terminal.note(error instanceof Error ? error.message : String(error));
  process.exitCode = exitCodeFor(error);
}
