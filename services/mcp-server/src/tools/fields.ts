import { z } from 'zod';

/** The id of the event on whose behalf a tool is called. Every tool takes it, so that the witness can be judged by it. */
export const eventId = z.string().min(1).max(256).describe('Id of the event this call is made for');
export const orderId = z.string().min(1).max(128).describe('Order number');
export const idempotencyKey = z
  .string()
  .min(1)
  .max(256)
  .optional()
  .describe('A repeated call with the same key is answered with the first answer');
/** A short text such as a reason or a name. */
export const text = z.string().min(1).max(2_000);
/** An amount of money, in units of its currency. */
export const money = z.number().min(0).max(1_000_000_000);
export const sku = z.string().min(1).max(128).describe('Article number');
/** Pieces of one article. */
export const quantity = z.int().min(1).max(1_000);
