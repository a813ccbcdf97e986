import { PROCESS_SETTINGS, port, readEnv } from '@millrace/runtime';
import { z } from 'zod';

/** Everything the scripted model can be told from outside. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** A file of scripts to begin with; none where it is undefined. */
  readonly scriptsPath: string | undefined;
  readonly logLevel: string;
}

const Settings = z.object({
  ...PROCESS_SETTINGS,
  MODEL_SCRIPT_PORT: port().default(4010),
  MODEL_SCRIPTS: z.string().optional(),
});

/** Reads the settings. Throws `ConfigError` with every problem at once. */
export function loadConfig(env?: NodeJS.ProcessEnv): Config {
  const settings = readEnv(Settings, env);
  return {
    host: settings.MILLRACE_HOST,
    port: settings.MODEL_SCRIPT_PORT,
    scriptsPath: settings.MODEL_SCRIPTS,
    logLevel: settings.LOG_LEVEL,
  };
}
