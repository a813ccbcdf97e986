import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { verifyWebhook } from '../../src/access/webhook-signature.js';

const secret = Buffer.alloc(32, 7);
const other = Buffer.alloc(32, 8);
const now = new Date('2026-01-31T12:00:00Z');
const nowSeconds = now.getTime() / 1_000;
const body = Buffer.from('{"type":"paid"}');

function sign(id: string, timestamp: number | string, bytes: Buffer, key = secret) {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(bytes).digest('base64')}`;
}

function headers(more: Partial<Record<'id' | 'timestamp' | 'signature', string | undefined>> = {}, bytes = body) {
  const { id = 'msg_1', timestamp = String(nowSeconds) } = more;
  return { id, timestamp, signature: sign(id, timestamp, bytes), ...more };
}

describe('verifyWebhook', () => {
  it('takes what the official library signs', () => {
    const sentAt = new Date('2026-01-31T11:59:00Z');
    const signature = new Webhook(`whsec_${secret.toString('base64')}`).sign('msg_1', sentAt, body.toString());
    const timestamp = String(sentAt.getTime() / 1_000);
    expect(verifyWebhook({ id: 'msg_1', timestamp, signature }, body, [secret], now)).toEqual({ id: 'msg_1', sentAt });
  });

  it('takes any of several signatures and any of several secrets, so that both sides can exchange them', () => {
    const both = `v1a,xyz ${sign('msg_1', nowSeconds, body, other)} ${sign('msg_1', nowSeconds, body)}`;
    expect(verifyWebhook(headers({ signature: both }), body, [secret], now)).toMatchObject({ id: 'msg_1' });
    expect(verifyWebhook(headers(), body, [other, secret], now)).toMatchObject({ id: 'msg_1' });
  });

  it.each([
    ['without an id', headers({ id: undefined }), /are required/],
    ['without a time', headers({ timestamp: undefined }), /are required/],
    ['without a signature', headers({ signature: undefined }), /are required/],
    ['with a full stop in its id', headers({ id: 'msg.1' }), /full stop/],
    ['with a time that is none', headers({ timestamp: '12x' }), /seconds/],
    ['with a time too long ago', headers({ timestamp: String(nowSeconds - 301) }), /more than 300 s ago/],
    ['with a time too far ahead', headers({ timestamp: String(nowSeconds + 301) }), /more than 300 s ahead/],
    ['with the signature of another body', headers({}, Buffer.from('{"type":"paix"}')), /no signature/],
    ['with the signature of another id', headers({ signature: sign('msg_2', nowSeconds, body) }), /no signature/],
    ['with the signature of another time', headers({ signature: sign('msg_1', nowSeconds - 1, body) }), /no signature/],
    [
      'with the signature of another secret',
      headers({ signature: sign('msg_1', nowSeconds, body, other) }),
      /no signature/,
    ],
    ['with half a signature', headers({ signature: sign('msg_1', nowSeconds, body).slice(0, 20) }), /no signature/],
    ['with an empty signature', headers({ signature: 'v1,' }), /no signature/],
    [
      'with a signature of no known version',
      headers({ signature: sign('msg_1', nowSeconds, body).slice(3) }),
      /no signature/,
    ],
  ])('refuses a webhook %s', (_what, given, reason) => {
    expect(verifyWebhook(given as Parameters<typeof verifyWebhook>[0], body, [secret], now)).toMatch(reason);
  });

  it('takes times up to five minutes away, either way', () => {
    for (const drift of [-300, 300]) {
      expect(verifyWebhook(headers({ timestamp: String(nowSeconds + drift) }), body, [secret], now)).toMatchObject({});
    }
  });

  it('tells bytes apart that are the same text once decoded, which the official library does not', () => {
    const [sent, altered] = [Buffer.from([0x22, 0xfe, 0x22]), Buffer.from([0x22, 0xff, 0x22])];
    expect(sent.toString()).toBe(altered.toString());
    expect(verifyWebhook(headers({}, sent), sent, [secret], now)).toMatchObject({ id: 'msg_1' });
    expect(verifyWebhook(headers({}, sent), altered, [secret], now)).toMatch(/no signature/);
  });
});
