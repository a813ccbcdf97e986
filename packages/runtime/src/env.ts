import { readFileSync } from 'node:fs';
import { PlatformError } from '@millrace/core';
import { z } from 'zod';

/** Settings that cannot be used. `details.problems` lists every one of them, so that they are mended in one go. */
export class ConfigError extends PlatformError<'CONFIG_INVALID'> {
  constructor(problems: readonly string[]) {
    super('CONFIG_INVALID', `${problems.length} problem(s) in the settings:\n  ${problems.join('\n  ')}`, {
      details: { problems },
    });
  }
}

/**
 * Reads settings from the environment against a zod object whose keys are the variable names. An empty value counts
 * as unset. `NAME_FILE` stands in for `NAME`: the file's content, without a trailing line break. Throws `ConfigError`
 * with every problem at once.
 */
export function readEnv<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: NodeJS.ProcessEnv = process.env,
): z.output<z.ZodObject<Shape>> {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = readValue(name, env, problems);
    if (value !== undefined) values[name] = value;
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success)
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

/**
 * Reads one secret that a configuration file refers to by the name of its variable, or from the file that `<NAME>_FILE`
 * names. Throws `ConfigError` when there is none.
 */
export function readSecret(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const problems: string[] = [];
  const value = readValue(name, env, problems);
  if (value === undefined && problems.length === 0) problems.push(`${name}: is not set, and neither is ${name}_FILE`);
  if (value === undefined || problems.length > 0) throw new ConfigError(problems);
  return value;
}

function readValue(name: string, env: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name] || undefined;
  if (env[name]) problems.push(`${name}: set either ${name} or ${name}_FILE, not both`);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    problems.push(`${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}

/** A whole number within bounds, both included. */
export function integer(min: number, max: number): z.ZodCoercedNumber<unknown> {
  return z.coerce.number<unknown>(`must be a whole number from ${min} to ${max}`).int().min(min).max(max);
}

/** A TCP port; 0 means any free one. */
export function port(): z.ZodCoercedNumber<unknown> {
  return integer(0, 65_535);
}

/** `true` or `false`, written out. */
export function flag(): z.ZodPipe<z.ZodEnum<{ true: 'true'; false: 'false' }>, z.ZodTransform<boolean, string>> {
  return z.enum(['true', 'false']).transform((value) => value === 'true');
}
