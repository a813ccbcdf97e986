import { ConfigFileError, type ConfigProblem, type Locate, readYaml } from '@millrace/config-files';
import { z } from 'zod';
import type { Rate } from './token-bucket.js';

/** What one entry of the file says about somebody who may send. */
export interface SenderRules {
  readonly id: string;
  /** Types, or beginnings of types with a `*`. */
  readonly types: readonly string[];
  readonly rate: Rate | undefined;
}

/** Somebody who presents a key. */
export interface KeyRules extends SenderRules {
  readonly digests: readonly Buffer[];
}

/** Everybody who may send, as the file has it. */
export interface KeysFile {
  readonly keys: readonly KeyRules[];
}

/** A keys file that cannot be used. What it says about secrets is not in the message. */
export class KeysError extends ConfigFileError<'KEYS_INVALID'> {
  constructor(problems: readonly ConfigProblem[]) {
    super('KEYS_INVALID', 'the keys file', problems);
  }
}

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits and "-"');
const type = z
  .string()
  .regex(/^[^*]+\*?$|^\*$/, 'must be an event type, or the beginning of types followed by one "*"')
  .max(256);
const types = z.array(type).min(1).max(100);
const rate = z
  .strictObject({
    perSecond: z.number().min(0.01).max(100_000),
    burst: z.int().min(1).max(1_000_000).optional(),
  })
  .transform(({ perSecond, burst = Math.max(1, Math.ceil(perSecond)) }): Rate => ({ perSecond, burst }));
const digest = z
  .string('must be the SHA-256 digest of a key in quotes, 64 hexadecimal digits')
  .regex(/^[0-9a-f]{64}$/i, 'must be the SHA-256 digest of a key, 64 hexadecimal digits, not the key itself')
  .transform((hex) => Buffer.from(hex, 'hex'));

const fileSchema = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        id,
        sha256: z.union([digest.transform((one) => [one]), z.array(digest).min(1).max(4)]),
        types,
        rate: rate.optional(),
      }),
    )
    .max(1_000)
    .default([]),
});

/** Checks a keys file as a whole. Throws `KeysError` with every problem at once. */
export function parseKeys(text: string, file: string): KeysFile {
  const read = readYaml(text, file, fileSchema);
  if ('problems' in read) throw new KeysError(read.problems);
  const { keys } = read.value;
  const problems = [...findRepeats(keys, read.locate)];
  // A file that was cut off at a line may still be YAML: one that lets nobody in is a mistake, not a decision.
  if (keys.length === 0) problems.push(read.locate([], 'lets nobody in: it has no key'));
  if (problems.length > 0) throw new KeysError(problems);
  return { keys: keys.map(({ id, sha256, types, rate }) => ({ id, types, rate, digests: sha256 })) };
}

function* findRepeats(keys: z.output<typeof fileSchema>['keys'], locate: Locate): Iterable<ConfigProblem> {
  const ids = new Set<string>();
  const digests = new Set<string>();
  for (const [index, { id, sha256 }] of keys.entries()) {
    if (ids.has(id)) yield locate(['keys', index, 'id'], `${id} is used above; ids are unique`);
    ids.add(id);
    for (const one of sha256) {
      const hex = one.toString('hex');
      if (digests.has(hex)) yield locate(['keys', index, 'sha256'], 'is the digest of a key that stands above');
      digests.add(hex);
    }
  }
}
