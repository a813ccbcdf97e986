import { openWatchedFile } from '@millrace/config-files';
import { describeError } from '@millrace/core';
import type { Logger, Metrics } from '@millrace/runtime';
import { type Access, createRuleMaker, OPEN } from './access.js';
import { parseKeys } from './parse-keys.js';

const MAX_FILE_BYTES = 1024 * 1024;

export interface AccessSettings {
  readonly apiKey: string | undefined;
  readonly keysFile: string | undefined;
  /** How often the keys file is looked at, in ms; 0 for never. */
  readonly configPollMs: number;
}

/** Who may send now, kept up to date with the file. */
export interface WatchedAccess extends Access {
  start(): void;
  /** Reads the file now. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Opens the door for those whom the settings name: one key, a file of keys, both, or nobody in particular. A changed file
 * takes the place of the one before as a whole, or is refused as a whole, logged and counted. Throws `KeysError` when the
 * file is wrong at the start, `PlatformError` FILE_UNREADABLE when it cannot be read.
 */
export async function openAccess(settings: AccessSettings, logger: Logger, metrics: Metrics): Promise<WatchedAccess> {
  const { apiKey, keysFile, configPollMs } = settings;
  const makeRules = createRuleMaker(apiKey);
  if (keysFile === undefined) {
    return {
      rules: apiKey === undefined ? OPEN.rules : makeRules({ keys: [], webhooks: [] }),
      start() {},
      async reload() {},
      async stop() {},
    };
  }
  const file = await openWatchedFile({
    path: keysFile,
    maxBytes: MAX_FILE_BYTES,
    pollMs: configPollMs,
    parse: (text) => makeRules(parseKeys(text, keysFile)),
    onTaken: () => {
      metrics.keysReloads.inc({ outcome: 'applied' });
      logger.info('the keys file was reloaded');
    },
    onRefused: (error) => {
      metrics.keysReloads.inc({ outcome: 'refused' });
      const { code, message } = describeError(error);
      logger.error({ code }, `the changed keys file was refused, the keys before it stay in force: ${message}`);
    },
  });
  return {
    get rules() {
      return file.value;
    },
    start: () => file.start(),
    reload: () => file.reload(),
    stop: () => file.stop(),
  };
}
