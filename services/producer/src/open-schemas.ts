import { join } from 'node:path';
import {
  type EventSchemas,
  openWatchedText,
  parseEventSchemas,
  readSchemaTexts,
  type WatchedFile,
} from '@millrace/config-files';
import { describeError } from '@millrace/core';
import type { Logger, Metrics } from '@millrace/runtime';

/**
 * Compiles the event schemas of the configuration folder, and keeps them up to date: changed files take the place of those
 * before all together, or are refused all together, logged and counted. Throws `SchemaError` when they are wrong at the start.
 */
export async function openSchemas(
  { configDir, configPollMs }: { readonly configDir: string; readonly configPollMs: number },
  logger: Logger,
  metrics: Metrics,
): Promise<WatchedFile<EventSchemas>> {
  const dir = join(configDir, 'schemas');
  // A rate needs a value to begin with.
  for (const outcome of ['applied', 'refused']) metrics.schemasReloads.inc({ outcome }, 0);
  const schemas = await openWatchedText({
    read: async () => JSON.stringify([...(await readSchemaTexts(dir))]),
    parse: (text) => parseEventSchemas(dir, new Map(JSON.parse(text) as [string, string][])),
    pollMs: configPollMs,
    onTaken: ({ size }) => {
      metrics.schemasReloads.inc({ outcome: 'applied' });
      logger.info({ types: size }, 'the event schemas were reloaded');
    },
    onRefused: (error) => {
      metrics.schemasReloads.inc({ outcome: 'refused' });
      const { code, message } = describeError(error);
      logger.error({ code }, `the changed event schemas were refused, those before stay in force: ${message}`);
    },
  });
  logger.info({ types: schemas.value.size }, 'event schemas compiled');
  return schemas;
}
