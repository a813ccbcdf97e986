import { z } from 'zod';
import { duration } from './duration.js';

const price = z.number().min(0).max(1_000_000).default(0);

const modelSchema = z.strictObject({
  url: z.string().min(1),
  api: z.enum(['openai', 'anthropic'], { error: 'must be openai or anthropic' }).default('openai'),
  model: z.string().min(1).max(256),
  apiKeyFrom: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable, such as OPENAI_API_KEY')
    .optional(),
  apiKeyOptional: z.boolean().default(false),
  fallback: z.string().min(1).optional(),
  timeout: duration(100, 600_000).prefault('60s'),
  outputLimitAs: z
    .enum(['max_tokens', 'max_completion_tokens'], { error: 'must be max_tokens or max_completion_tokens' })
    .optional(),
  maxOutputTokens: z.int().min(1).max(1_000_000).default(4_096),
  prices: z.strictObject({ input: price, output: price, cached: price }).prefault({}),
});

/** The models file, key by key. */
export const modelsFileSchema = z.strictObject({
  models: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), modelSchema),
});
