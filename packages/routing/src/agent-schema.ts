import { TRUSTS } from '@millrace/events';
import { z } from 'zod';
import { DAY_MS, duration } from './duration.js';

/** A server by its name, and a tool in which `*` stands for any characters. */
const toolPattern = z
  .string()
  .regex(
    /^[A-Za-z0-9_-]{1,64}\/[^\s/]{1,128}$/,
    'must be <server>/<tool>, such as aws/risk.score, azure/logs.* or gcp/*',
  );

/** A server by its name, and the uri of a resource that it has. */
const resource = z
  .string()
  .max(1_024)
  .regex(
    /^[A-Za-z0-9_-]{1,64}\/[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/,
    'must be <server>/<uri>, such as gcp/runbook://services/{data.service}',
  );

/** What stands under `agent`. */
export const agentSchema = z.strictObject({
  model: z.string().min(1).default('default'),
  tools: z.array(toolPattern).max(64),
  resources: z.array(resource).max(8).default([]),
  instructions: z.string().min(1).max(16_384),
  limits: z
    .strictObject({
      steps: z.int().min(1).max(64).default(8),
      calls: z.int().min(0).max(64).default(16),
      tokens: z.int().min(1).max(10_000_000).default(50_000),
      seconds: z.int().min(1).max(86_400).default(120),
      cost: z.number().min(0).max(1_000_000).default(1),
    })
    .prefault({}),
  approve: z
    .union([z.enum(['destructive', 'always', 'never']), z.array(toolPattern).min(1).max(64)], {
      error: 'must be destructive, always, never, or a list of <server>/<tool>',
    })
    .default('destructive'),
  onDeclined: z.enum(['tell', 'stop'], { error: 'must be tell or stop' }).default('tell'),
  trust: z.enum(TRUSTS, { error: 'must be signed, keyed or anonymous' }).default('keyed'),
  afterOutside: z
    .enum(['destructive', 'changing', 'never'], { error: 'must be destructive, changing or never' })
    .default('destructive'),
  context: z.string().min(1).max(4_096).optional(),
  memory: z
    .strictObject({
      bytes: z.int().min(1_024).max(65_536).default(16_384),
      keep: duration(3_600_000, 366 * DAY_MS).prefault('720h'),
      trusted: z.boolean().default(false),
      summary: z.enum(['rules', 'model'], { error: 'must be rules or model' }).default('rules'),
    })
    .prefault({}),
  fixed: z.string().min(1).max(16_384).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
});
