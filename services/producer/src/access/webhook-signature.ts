import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a webhook says about itself: the headers of Standard Webhooks, as they came. */
export interface WebhookHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** A webhook that its sender has signed: its identity, and when it was sent this time. */
export interface SignedWebhook {
  readonly id: string;
  readonly sentAt: Date;
}

/** How far the time of a webhook may be from ours, in seconds, either way. */
const TOLERANCE_SECONDS = 5 * 60;
/** Signatures that are looked at; a sender has one for each of its secrets. */
const MAX_SIGNATURES = 8;

/**
 * Verifies a webhook by Standard Webhooks 1.0 (HMAC-SHA256, `v1`) over the bytes of its body: one of its signatures must
 * be of one of the secrets, so that secrets can be exchanged on either side. Returns why it is refused, as a text. An id
 * with a full stop in it is refused: the signed text is `id.timestamp.body`, and would be that of another webhook, too.
 *
 * Ours, since the library (standardwebhooks 1.1, a peer in our tests) signs the body after decoding it as text, and so
 * takes bytes for others that they are not.
 */
export function verifyWebhook(
  { id, timestamp, signature }: WebhookHeaders,
  body: Buffer,
  secrets: readonly Buffer[],
  now: Date,
): SignedWebhook | string {
  if (!id || !timestamp || !signature) return 'webhook-id, webhook-timestamp and webhook-signature are required';
  if (id.includes('.')) return 'webhook-id must not contain a full stop';
  if (!/^\d{1,12}$/.test(timestamp)) return 'webhook-timestamp must be in seconds since 1970';
  const driftSeconds = Number(timestamp) - now.getTime() / 1_000;
  if (Math.abs(driftSeconds) > TOLERANCE_SECONDS) {
    return `webhook-timestamp is more than ${TOLERANCE_SECONDS} s ${driftSeconds < 0 ? 'ago' : 'ahead'}`;
  }
  const presented = signaturesIn(signature);
  const isSigned = secrets.some((secret) => {
    const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest();
    return presented.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
  if (!isSigned) return 'no signature in webhook-signature is that of this webhook';
  return { id, sentAt: new Date(Number(timestamp) * 1_000) };
}

/** `v1,<base64>` signatures, separated by spaces; those of other versions are passed over. */
function signaturesIn(header: string): readonly Buffer[] {
  return header
    .split(' ', MAX_SIGNATURES)
    .filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice('v1,'.length), 'base64'));
}
