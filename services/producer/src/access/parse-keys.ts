import { ConfigFileError, type ConfigProblem, type Locate, readYaml } from '@millrace/config-files';
import { z } from 'zod';
import type { WebhookMapping } from './parse-webhook.js';
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

/** A system that signs its webhooks. */
export interface WebhookRules extends SenderRules {
  readonly secrets: readonly Buffer[];
  readonly mapping: WebhookMapping;
}

/** Everybody who may send, as the file has it. */
export interface KeysFile {
  readonly keys: readonly KeyRules[];
  readonly webhooks: readonly WebhookRules[];
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

/** Standard Webhooks 1.0, "Signature scheme": 24 to 64 random bytes in base64. */
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'must be whsec_ and base64')
  .transform((text) => Buffer.from(text.slice('whsec_'.length), 'base64'))
  .refine((bytes) => bytes.length >= 24 && bytes.length <= 64, 'must be 24 to 64 bytes in base64');

const webhook = z.strictObject({
  id,
  secrets: z.array(secret).min(1).max(4),
  source: z.string().min(1).max(1_024),
  type: z.union(
    [
      z.string().min(1).max(256),
      z.strictObject({
        at: z.string().regex(/^(\/([^~/]|~[01])*)+$/, 'must be a JSON Pointer such as /type'),
        prefix: z.string().max(256).default(''),
      }),
    ],
    { error: 'must be a type, or { at: <JSON Pointer into the body>, prefix: <text> }' },
  ),
  types: types.default(['*']),
  rate: rate.optional(),
});

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
  webhooks: z.array(webhook).max(100).default([]),
});

/** Checks a keys file as a whole. Throws `KeysError` with every problem at once. */
export function parseKeys(text: string, file: string): KeysFile {
  const read = readYaml(text, file, fileSchema);
  if ('problems' in read) throw new KeysError(read.problems);
  const { keys, webhooks } = read.value;
  const problems = [...findRepeats(read.value, read.locate)];
  // A file that was cut off at a line may still be YAML: one that lets nobody in is a mistake, not a decision.
  if (keys.length + webhooks.length === 0) problems.push(read.locate([], 'lets nobody in'));
  if (problems.length > 0) throw new KeysError(problems);
  return {
    keys: keys.map(({ sha256, ...rules }) => ({ ...rules, rate: rules.rate, digests: sha256 })),
    webhooks: webhooks.map(({ source, type, ...rules }) => ({ ...rules, rate: rules.rate, mapping: { source, type } })),
  };
}

function* findRepeats({ keys, webhooks }: z.output<typeof fileSchema>, locate: Locate): Iterable<ConfigProblem> {
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
  for (const [index, { id }] of webhooks.entries()) {
    if (ids.has(id)) yield locate(['webhooks', index, 'id'], `${id} is used above; ids are unique`);
    ids.add(id);
  }
}
