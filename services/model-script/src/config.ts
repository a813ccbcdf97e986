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

/** What the environment may say, and how the settings page words it. */
export const settings = z.object({
  ...PROCESS_SETTINGS,
  MODEL_SCRIPT_PORT: port()
    .default(4010)
    .meta({ description: 'Port of the scripted model.', also: '0 is any free one, and not for `npm start`' }),
  MODEL_SCRIPTS: z.string().optional().meta({
    description:
      'File of scripts that it begins with, YAML or JSON. Unset: none, until somebody sends some to `PUT /scripts`.',
    bounds: 'a path',
  }),
});

/** Reads the settings. Throws `ConfigError` with every problem at once. */
export function loadConfig(env?: NodeJS.ProcessEnv): Config {
  const values = readEnv(settings, env);
  return {
    host: values.MILLRACE_HOST,
    port: values.MODEL_SCRIPT_PORT,
    scriptsPath: values.MODEL_SCRIPTS,
    logLevel: values.LOG_LEVEL,
  };
}
