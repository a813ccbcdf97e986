import { openApiHeader as header, openApiRefusal as refusal } from '@millrace/runtime';
import { json, rateLimited, unavailable } from './openapi-answers.js';
import { acceptedExample } from './openapi-examples.js';
import { postEvents } from './openapi-post-events.js';

/** `POST /v1/webhooks/{sender}`. */
export const postWebhook = {
  operationId: 'postWebhook',
  summary: 'Post a webhook that is signed by Standard Webhooks',
  description:
    'The webhook becomes an event: its id is `webhook-id`, its source and type are what the keys file says of the ' +
    'sender, its data are the body. Sent again, it is a duplicate. The signature is the way in; no key is asked for.',
  security: [],
  parameters: [
    {
      name: 'sender',
      in: 'path',
      required: true,
      description: 'The id of the sender in the keys file.',
      schema: { type: 'string' },
      example: 'payments',
    },
    webhookHeader(
      'webhook-id',
      'Identity of the webhook, the same however often it is sent.',
      'msg_2KWPBgLlAfxdpx2AI54',
    ),
    webhookHeader(
      'webhook-timestamp',
      'When it was sent, in seconds since 1970; at most 5 minutes away.',
      '1769860800',
    ),
    webhookHeader(
      'webhook-signature',
      '`v1,<base64>` of the HMAC-SHA256 over id, time and body; several by spaces.',
      'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
    ),
  ],
  requestBody: { required: true, content: { 'application/json': { schema: {}, example: { type: 'invoice.paid' } } } },
  responses: {
    202: {
      description: 'Stored, or known already.',
      headers: { Location: header('Path of the record.') },
      content: json('Accepted', { ...acceptedExample, id: 'msg_2KWPBgLlAfxdpx2AI54' }),
    },
    400: postEvents.responses[400],
    401: {
      ...refusal(
        'The signature, its time or its headers are not right.',
        401,
        'SIGNATURE_INVALID',
        'no signature in webhook-signature is that of this webhook',
      ),
      headers: { 'WWW-Authenticate': header('StandardWebhooks') },
    },
    403: postEvents.responses[403],
    404: refusal('No sender has this id.', 404, 'WEBHOOK_UNKNOWN', 'no webhooks are taken at this path'),
    409: postEvents.responses[409],
    413: postEvents.responses[413],
    422: postEvents.responses[422],
    429: rateLimited,
    503: unavailable,
  },
};

function webhookHeader(name: string, description: string, example: string) {
  return { name, in: 'header', required: true, description, schema: { type: 'string' }, example };
}
