import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createRuleMaker } from '../src/access/access.js';
import { parseKeys } from '../src/access/parse-keys.js';
import { createTestApp, structured } from './app-parts.js';

const secret = Buffer.alloc(24, 1);
const whsec = `whsec_${secret.toString('base64')}`;

async function appWith(rules: string) {
  const text = `webhooks:\n  - { id: payments, secrets: [${whsec}], source: 'https://pay.example', ${rules} }`;
  const access = { rules: createRuleMaker(undefined)(parseKeys(text, 'keys.yaml')) };
  return createTestApp({}, { access });
}

interface Sent {
  readonly body?: string;
  readonly id?: string;
  readonly agoSeconds?: number;
  readonly type?: string;
  readonly sender?: string;
}

function webhook({ body = '{"type":"paid","amount":1.50}', id = 'msg_1', agoSeconds = 0, type, sender }: Sent = {}) {
  const timestamp = String(Math.floor(Date.now() / 1_000) - agoSeconds);
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'content-type': type ?? 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
  return { method: 'POST', url: `/v1/webhooks/${sender ?? 'payments'}`, payload: body, headers } as const;
}

describe('POST /v1/webhooks/{sender}', () => {
  it('makes an event of a signed webhook: its id, the source and type of its sender, its body as the data', async () => {
    const { app, stream } = await appWith('type: com.pay.notice');
    const answer = await app.inject(webhook());
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe('/v1/events/0-1-0');
    expect(answer.json()).toMatchObject({ ref: '0-1-0', id: 'msg_1', source: 'https://pay.example', duplicate: false });
    expect(stream.events[0]).toMatchObject({
      id: 'msg_1',
      source: 'https://pay.example',
      type: 'com.pay.notice',
      attributes: {
        datacontenttype: 'application/json',
        millracetrust: 'signed',
        time: expect.stringMatching(/^20.*Z$/),
      },
      data: { kind: 'json', bytes: Buffer.from('{"type":"paid","amount":1.50}') },
    });
  });

  it('reads the type from the body where its sender is said to put it', async () => {
    const { app, stream } = await appWith('type: { at: /event/name, prefix: com.pay. }');
    expect((await app.inject(webhook({ body: '{"event":{"name":"invoice.paid"}}' }))).statusCode).toBe(202);
    expect(stream.events[0]?.type).toBe('com.pay.invoice.paid');
    const without = await app.inject(webhook({ id: 'msg_2', body: '{"event":{"toString":1}}' }));
    expect(without.json()).toMatchObject({ status: 400, code: 'EVENT_INVALID', errors: [{ pointer: '/event/name' }] });
  });

  it('answers one that is sent again, with another time and signature, as a duplicate', async () => {
    const { app, stream } = await appWith('type: com.pay.notice');
    await app.inject(webhook({ agoSeconds: 60 }));
    expect((await app.inject(webhook())).json()).toMatchObject({ ref: '0-1-0', duplicate: true });
    expect((await app.inject(webhook({ body: '{"other":1}' }))).json()).toMatchObject({ status: 409 });
    expect(stream.events).toHaveLength(1);
  });

  it('refuses one without a right signature with 401, before its body is understood, and counts it', async () => {
    const { app, stream, registry } = await appWith('type: com.pay.notice');
    const altered = { ...webhook(), payload: '{"type":"paid","amount":9}' };
    for (const request of [altered, { ...altered, payload: '{' }, { ...altered, headers: {} }]) {
      const answer = await app.inject(request);
      expect(answer.json()).toMatchObject({ status: 401, code: 'SIGNATURE_INVALID' });
      expect(answer.headers['www-authenticate']).toContain('StandardWebhooks');
    }
    expect(stream.events).toEqual([]);
    expect(await registry.metrics()).toContain('millrace_events_accepted_total{result="SIGNATURE_INVALID"} 3');
  });

  it('does not let a signature stand in for a key, nor take webhooks of anybody else', async () => {
    const { app } = await appWith('type: com.pay.notice');
    const { headers } = webhook();
    expect((await app.inject({ ...structured(), headers: { ...structured().headers, ...headers } })).statusCode).toBe(
      401,
    );
    for (const sender of ['other', '__proto__', 'constructor']) {
      expect((await app.inject(webhook({ sender }))).json()).toMatchObject({ status: 404, code: 'WEBHOOK_UNKNOWN' });
    }
  });

  it('refuses bodies that are too deep, too large, or not JSON although they say so', async () => {
    const { app } = await appWith('type: com.pay.notice');
    const statusOf = async (sent: Sent) => (await app.inject(webhook(sent))).json();
    expect(await statusOf({ body: '['.repeat(1_000) })).toMatchObject({ status: 400 });
    expect(await statusOf({ body: '{"a":' })).toMatchObject({ status: 400, code: 'EVENT_MALFORMED' });
    const large = { body: 'x'.repeat(257 * 1_024), type: 'application/cloudevents-batch+json' };
    expect(await statusOf(large)).toMatchObject({ status: 413 });
    expect((await app.inject(webhook({ body: 'a=1', type: 'application/x-www-form-urlencoded' }))).statusCode).toBe(
      202,
    );
  });

  it('holds a sender to its types and its rate, which nobody else can use up', async () => {
    const { app } = await appWith('type: { at: /type }, types: [com.pay.*], rate: { perSecond: 0.01, burst: 2 }');
    for (let n = 0; n < 5; n += 1) await app.inject({ ...webhook(), payload: 'forged' });
    const statusOf = async (id: string, type: string) =>
      (await app.inject(webhook({ id, body: JSON.stringify({ type }) }))).statusCode;
    expect(await statusOf('a', 'com.pay.x')).toBe(202);
    expect(await statusOf('b', 'com.shop.x')).toBe(403);
    expect(await statusOf('c', 'com.pay.x')).toBe(429);
  });
});
