import { z } from 'zod';
import { DAY_MS, duration } from './duration.js';

/** Name of an environment variable that holds a secret; `<NAME>_FILE` works as for every secret. */
const secretName = () => z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable');

const clientCredentials = z
  .strictObject({
    issuer: z.url({ protocol: /^https?$/, error: 'must be the URL of the authorization server' }),
    clientId: z.string().min(1),
    secretFrom: secretName().optional(),
    privateKeyFrom: secretName().optional(),
    algorithm: z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA']).default('ES256'),
    scope: z.string().min(1).optional(),
  })
  .refine(({ secretFrom, privateKeyFrom }) => (secretFrom === undefined) !== (privateKeyFrom === undefined), {
    error: 'needs either secretFrom or privateKeyFrom',
  });

const serverSchema = z
  .strictObject({
    url: z.string().min(1),
    bearerTokenFrom: secretName().optional(),
    clientCredentials: clientCredentials.optional(),
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header'), z.string()).optional(),
    tls: z
      .strictObject({
        caFrom: secretName().optional(),
        certFrom: secretName().optional(),
        keyFrom: secretName().optional(),
      })
      .refine(({ certFrom, keyFrom }) => (certFrom === undefined) === (keyFrom === undefined), {
        error: 'needs both certFrom and keyFrom, or neither',
      })
      .optional(),
    allowedHosts: z.array(z.string().min(1)).min(1).optional(),
    privateAddresses: z.boolean().default(false),
    concurrency: z.int().min(1).max(1_024).default(32),
    connectTimeout: duration(10, 60_000).prefault('2s'),
    attemptTimeout: duration(10, DAY_MS).optional(),
    totalTimeout: duration(10, DAY_MS).optional(),
    trustAnnotations: z.boolean().default(false),
    pinsCheckedEvery: z.union([z.literal('0s').transform(() => 0), duration(100, DAY_MS)]).prefault('1m'),
    rate: z
      .strictObject({
        calls: z.int().min(1).max(1_000_000),
        per: duration(1, DAY_MS).prefault('1s'),
        burst: z.int().min(1).max(1_000_000).default(1),
      })
      .optional(),
    breaker: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            failures: z.int().min(1).max(1_000).default(5),
            openFor: duration(10, 600_000).prefault('1s'),
            maxOpenFor: duration(10, 3_600_000).prefault('30s'),
          }),
        ],
        { error: 'must be { failures, openFor, maxOpenFor }, each with a default, or false' },
      )
      .prefault({}),
    maxResultBytes: z
      .int()
      .min(1_024)
      .max(64 * 1_048_576)
      .default(1_048_576),
    maxResultDepth: z.int().min(4).max(1_000).default(64),
  })
  .refine(({ bearerTokenFrom, clientCredentials: grant }) => bearerTokenFrom === undefined || grant === undefined, {
    error: 'has either bearerTokenFrom or clientCredentials',
  });

/** The servers file, key by key. */
export const serversFileSchema = z.strictObject({
  servers: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and "-"'),
    serverSchema,
  ),
});

/** A server as the file has it, with its defaults. */
export type ServerSource = z.output<typeof serverSchema>;
