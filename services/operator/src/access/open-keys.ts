import { openWatchedFile } from '@millrace/config-files';
import { describeError } from '@millrace/core';
import { ConfigError, type Logger, type Metrics } from '@millrace/runtime';
import { type OperatorKey, parseOperatorKeys } from './operator-keys.js';
import { allKeys } from './require-person.js';

const MAX_FILE_BYTES = 1024 * 1024;

export interface KeySettings {
  /** The one key that stands in the settings. */
  readonly key: string | undefined;
  /** Those with names, as they were at the start. */
  readonly keys: readonly OperatorKey[];
  /** Where those with names come from; undefined where they stand in the settings, and do not change. */
  readonly keysFile: string | undefined;
  /** How often that file is looked at, in ms; 0 for never. */
  readonly configPollMs: number;
}

/** The keys that let somebody in now, kept up to date with the file. */
export interface WatchedKeys {
  readonly keys: readonly OperatorKey[];
  start(): void;
  /** Reads the file now. Never rejects. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Lets in those whom the settings name. A changed file takes the place of the one before as a whole, or is refused as a
 * whole, logged and counted. Throws `PlatformError` FILE_UNREADABLE and `ConfigError`.
 */
export async function openKeys(settings: KeySettings, logger: Logger, metrics: Metrics): Promise<WatchedKeys> {
  const { key, keys, keysFile, configPollMs } = settings;
  if (keysFile === undefined) {
    return { keys: allKeys(key, keys), start() {}, async reload() {}, async stop() {} };
  }
  const file = await openWatchedFile({
    path: keysFile,
    maxBytes: MAX_FILE_BYTES,
    pollMs: configPollMs,
    parse: (text) => {
      const parsed = parseOperatorKeys(text);
      if ('problems' in parsed) throw new ConfigError(parsed.problems);
      return allKeys(key, parsed.keys);
    },
    onTaken: () => {
      metrics.keysReloads.inc({ outcome: 'applied' });
      logger.info('the keys of people were reloaded');
    },
    onRefused: (error) => {
      metrics.keysReloads.inc({ outcome: 'refused' });
      const { code, message } = describeError(error);
      logger.error({ code }, `the changed keys of people were refused, those before stay in force: ${message}`);
    },
  });
  return {
    get keys() {
      return file.value;
    },
    start: () => file.start(),
    reload: () => file.reload(),
    stop: () => file.stop(),
  };
}
