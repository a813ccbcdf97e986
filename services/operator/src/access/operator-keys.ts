import { readYaml } from '@millrace/config-files';
import { z } from 'zod';

/** What somebody may do here: look, or look and steer. */
export type Role = 'viewer' | 'operator';

/** Somebody who presents a key. */
export interface OperatorKey {
  /** Fit for logs and the audit list. */
  readonly name: string;
  readonly role: Role;
  readonly digest: Buffer;
}

const schema = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits and "-"'),
        role: z.enum(['viewer', 'operator'], 'must be viewer or operator'),
        sha256: z
          .string('must be the SHA-256 digest of a key in quotes, 64 hexadecimal digits')
          .regex(/^[0-9a-f]{64}$/i, 'must be the SHA-256 digest of a key, 64 hexadecimal digits, not the key itself'),
      }),
    )
    .min(1, 'lets nobody in')
    .max(100),
});

/**
 * Reads the keys from YAML: `keys`, each with `name`, `role` and `sha256`. Returns every problem as a line, with the
 * place and never with the text of a secret, where there are any.
 */
export function parseOperatorKeys(
  text: string,
): { readonly keys: readonly OperatorKey[] } | { readonly problems: readonly string[] } {
  const read = readYaml(text, 'MILLRACE_OPERATOR_KEYS', schema);
  if ('problems' in read) return { problems: read.problems.map(({ line, detail }) => describe(line, detail)) };
  const { keys } = read.value;
  const repeats = keys.flatMap(({ name, sha256 }, at) => {
    const before = keys.slice(0, at);
    if (before.some((one) => one.name === name)) return [describe(undefined, `${name} is there twice`)];
    if (before.some((one) => one.sha256.toLowerCase() === sha256.toLowerCase()))
      return [describe(undefined, `${name} has the key of somebody above`)];
    return [];
  });
  if (repeats.length > 0) return { problems: repeats };
  return { keys: keys.map(({ name, role, sha256 }) => ({ name, role, digest: Buffer.from(sha256, 'hex') })) };
}

function describe(line: number | undefined, detail: string): string {
  return `MILLRACE_OPERATOR_KEYS: ${line === undefined ? '' : `line ${line}: `}${detail}`;
}
