import { ProblemError } from '@millrace/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type AcceptEvent, acceptanceOf } from '../accept-event.js';
import type { Access } from '../access/access.js';
import { parseWebhook } from '../access/parse-webhook.js';
import { chargeSender } from '../access/sender.js';
import { verifyWebhook, type WebhookHeaders } from '../access/webhook-signature.js';
import { bodyOf } from '../parse-request.js';
import { sendAccepted } from './events.js';

export interface WebhooksEndpoint {
  readonly acceptEvent: AcceptEvent;
  readonly access: Access;
  readonly maxEventBytes: number;
  /** The time of day. */
  readonly now: () => Date;
}

/**
 * `POST /v1/webhooks/{sender}`: a webhook with a signature by Standard Webhooks becomes an event. Its `webhook-id` is the
 * identity: a webhook that is sent again is a duplicate. A rate is counted only after the signature was found right, so
 * that nobody else can use it up.
 */
export function addWebhooks(app: FastifyInstance, endpoint: WebhooksEndpoint): void {
  app.decorateRequest('sender', undefined);
  const options = { bodyLimit: endpoint.maxEventBytes };
  app.post<{ Params: { sender: string } }>('/v1/webhooks/:sender', options, async (request, reply) => {
    const webhooks = endpoint.access.rules.webhooks.get(request.params.sender);
    if (webhooks === undefined) throw unknownSender();
    const { sender, secrets, mapping } = webhooks;
    const signed = verifyWebhook(webhookHeadersOf(request), bodyOf(request), secrets, endpoint.now());
    if (typeof signed === 'string') throw unsigned(signed);
    request.sender = sender;
    const tooFast = chargeSender(sender);
    if (tooFast !== undefined) throw new ProblemError(tooFast);
    const parsed = parseWebhook(signed, bodyOf(request), request.headers['content-type'], mapping);
    const acceptance = await acceptanceOf(endpoint.acceptEvent, parsed, sender);
    if (acceptance.kind === 'refused') throw new ProblemError(acceptance.problem);
    return sendAccepted(reply, acceptance.answer);
  });
}

function webhookHeadersOf({ headers }: FastifyRequest): WebhookHeaders {
  // Node joins a header that is given twice with a comma: no signature is then right.
  const read = (name: string) => headers[name]?.toString();
  return { id: read('webhook-id'), timestamp: read('webhook-timestamp'), signature: read('webhook-signature') };
}

function unknownSender(): ProblemError {
  return new ProblemError({ status: 404, code: 'WEBHOOK_UNKNOWN', detail: 'no webhooks are taken at this path' });
}

function unsigned(detail: string): ProblemError {
  const headers = { 'www-authenticate': 'StandardWebhooks realm="millrace"' };
  return new ProblemError({ status: 401, code: 'SIGNATURE_INVALID', detail, headers });
}
