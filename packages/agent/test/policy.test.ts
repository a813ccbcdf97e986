import { describe, expect, it } from '@jest/globals';
import { isAllowed, isToolPattern } from '../src/policy.js';

describe('isAllowed', () => {
  it.each([
    ['gcp/*', 'gcp', 'stock.reserve', true],
    ['gcp/*', 'gcp2', 'stock.reserve', false],
    ['azure/logs.*', 'azure', 'logs.search', true],
    ['azure/logs.*', 'azure', 'logs', false],
    ['azure/logs.*', 'azure', 'ticket.logs.close', false],
    ['*/logs.search', 'gcp', 'logs.search', true],
    ['aws/*.list', 'aws', 'tickets.list', true],
    ['aws/*.list', 'aws', 'tickets.lister', false],
    ['aws/a*b*c', 'aws', 'a-b-b-c', true],
    ['aws/ab*ba', 'aws', 'aba', false],
    ['aws/risk.score', 'aws', 'risk.score', true],
    // A dot is a dot.
    ['aws/risk.score', 'aws', 'riskxscore', false],
    ['aws/risk.score', 'aws', 'RISK.SCORE', false],
    ['*/*', 'gcp', 'anything', true],
    ['gcp', 'gcp', 'anything', false],
    ['*', 'gcp', 'anything', false],
    ['', '', '', false],
  ])('by %s of %s/%s: %s', (pattern, server, tool, expected) => {
    expect(isAllowed([pattern], { server, tool })).toBe(expected);
  });

  it('allows nothing without patterns', () => {
    expect(isAllowed([], { server: 'gcp', tool: 'stock.level' })).toBe(false);
  });

  it('judges a hostile name in no time', () => {
    const pattern = `gcp/${'*a'.repeat(60)}b`;
    expect(isAllowed([pattern], { server: 'gcp', tool: 'a'.repeat(100_000) })).toBe(false);
  });
});

describe('isToolPattern', () => {
  it.each(['gcp/*', '*/logs.*', 'aws/risk.score'])('takes %s', (text) => expect(isToolPattern(text)).toBe(true));
  it.each(['gcp', '/x', 'gcp/', 'a b/c', 'gcp/a b', 'gcp/a/b'])('refuses %j', (text) => {
    expect(isToolPattern(text)).toBe(false);
  });
});
