import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { KeysError, parseKeys } from '../../src/access/parse-keys.js';

const digest = (key: string) => createHash('sha256').update(key).digest('hex');

function problemsOf(text: string): readonly string[] {
  try {
    parseKeys(text, 'keys.yaml');
  } catch (error) {
    if (error instanceof KeysError)
      return error.problems.map(({ line, pointer, detail }) => `${line} ${pointer} ${detail}`);
  }
  throw new Error('the file was taken, or refused otherwise');
}

describe('parseKeys', () => {
  it('reads who may send what and how often', () => {
    const text = `
keys:
  - id: checkout
    sha256: '${digest('one').toUpperCase()}'
    types: [com.shop.order.created, com.shop.cart.*]
    rate: { perSecond: 2.5 }
  - id: partner
    sha256: [${digest('old')}, ${digest('new')}]
    types: ['*']
`;
    expect(parseKeys(text, 'keys.yaml').keys).toEqual([
      {
        id: 'checkout',
        digests: [Buffer.from(digest('one'), 'hex')],
        types: ['com.shop.order.created', 'com.shop.cart.*'],
        rate: { perSecond: 2.5, burst: 3 },
      },
      { id: 'partner', digests: [digest('old'), digest('new')].map((hex) => Buffer.from(hex, 'hex')), types: ['*'] },
    ]);
  });

  it.each([
    ['no YAML', 'keys: [', 1, ''],
    ['a file that lets nobody in', 'keys: []', 1, ' lets nobody in'],
    ['an empty file', '', 1, ''],
    ['a key in place of its digest', `keys:\n  - { id: a, sha256: secret-key, types: ['*'] }`, 2, '/keys/0/sha256'],
    ['no types', `keys:\n  - { id: a, sha256: '${digest('a')}' }`, 2, '/keys/0'],
    [
      'a pattern with a star in the middle',
      `keys:\n  - { id: a, sha256: '${digest('a')}',\n      types: [a*b] }`,
      3,
      '/keys/0/types/0',
    ],
    [
      'a rate of nothing',
      `keys:\n  - { id: a, sha256: '${digest('a')}', types: ['*'],\n      rate: { perSecond: 0 } }`,
      3,
      '/keys/0/rate/perSecond',
    ],
    [
      'an id for logs that is none',
      `keys:\n  - { id: 'A B', sha256: '${digest('a')}', types: ['*'] }`,
      2,
      '/keys/0/id',
    ],
    [
      'a misspelt member',
      `keys:\n  - { id: a, sha256: '${digest('a')}', types: ['*'], raet: 1 }`,
      2,
      '/keys/0/raet unknown: raet',
    ],
    [
      'an id twice',
      `keys:\n  - { id: a, sha256: '${digest('a')}', types: ['*'] }\n  - { id: a, sha256: '${digest('b')}', types: ['*'] }`,
      3,
      '/keys/1/id',
    ],
    [
      'a webhook secret that is too short',
      `webhooks:\n  - { id: a, secrets: [whsec_c2VjcmV0LWtleQ==], source: s, type: t }`,
      2,
      '/webhooks/0/secrets/0',
    ],
    [
      'a webhook without a type',
      `webhooks:\n  - { id: a, secrets: ['whsec_${'A'.repeat(32)}'], source: s }`,
      2,
      '/webhooks/0/type',
    ],
    [
      'a webhook with the id of a key',
      `keys:\n  - { id: a, sha256: '${digest('a')}', types: ['*'] }\nwebhooks:\n  - { id: a, secrets: ['whsec_${'A'.repeat(32)}'], source: s, type: t }`,
      4,
      '/webhooks/0/id',
    ],
    [
      'one key for two senders',
      `keys:\n  - { id: a, sha256: '${digest('a')}', types: ['*'] }\n  - { id: b, sha256: '${digest('a')}', types: ['*'] }`,
      3,
      '/keys/1/sha256',
    ],
  ])('refuses %s, with the line', (_what, text, line, where) => {
    const problems = problemsOf(text);
    expect(problems.join('\n')).toContain(`${line} ${where}`);
    expect(problems.join('\n')).not.toMatch(/secret-key|c2VjcmV0/);
  });
});
