import { describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import { matchRoutes, parseRoutes, RouteTable } from '@millrace/routing';
import fc from 'fast-check';

function anEvent(attributes: Record<string, string>, data?: unknown): Event {
  const own = { id: '1', source: '/test', type: 'order.created', ...attributes };
  const bytes = Buffer.from(JSON.stringify(data ?? {}));
  return { ...own, attributes: { specversion: '1.0', ...own }, data: { kind: 'json', bytes } };
}

/** One route for each text of an `on`, named by its position. */
function tableOf(filters: readonly string[], more = ''): RouteTable {
  const routes = filters.map(
    (on, at) => `{ id: r${at}, on: ${on}, call: { server: aws, tool: t }, with: '{}' ${more} }`,
  );
  return new RouteTable(parseRoutes(`routes: [${routes.join(',')}]`, 'routes.yaml', new Set(['aws'])));
}

async function matchedBy(table: RouteTable, event: Event): Promise<string[]> {
  return (await matchRoutes(table, event)).map(({ route }) => route.id);
}

describe('matchRoutes', () => {
  const event = anEvent({ type: 'com.shop.order.created', subject: 'eu/42' });

  it.each([
    ['{ type: com.shop.order.created }', true],
    ['{ type: com.shop.order }', false],
    ['{ prefix: { type: com.shop. } }', true],
    ['{ suffix: { type: .created, subject: /42 } }', true],
    ['{ suffix: { type: .created, subject: /43 } }', false],
    ['{ exact: { subject: eu/42 } }', true],
    ['{ exact: { missing: x } }', false],
    ['{ not: { exact: { missing: x } } }', true],
    ['{ any: [{ type: a }, { type: com.shop.order.created }] }', true],
    ['{ any: [{ type: a }, { type: b }] }', false],
    ['{ any: [{ type: com.shop.order.created }, { prefix: { type: com. } }] }', true],
    ['{ all: [{ prefix: { type: com. } }, { not: { suffix: { type: .deleted } } }] }', true],
    ['{ all: [] }', true],
  ])('%s accepts the event: %s', async (on, expected) => {
    expect(await matchedBy(tableOf([on]), event)).toEqual(expected ? ['r0'] : []);
  });

  it('returns every route that accepts the event, in the order of the file', async () => {
    const table = tableOf(['{ all: [] }', '{ suffix: { type: .created } }', '{ type: com.shop.order.created }']);
    expect(await matchedBy(table, event)).toEqual(['r0', 'r1', 'r2']);
  });

  it('finds by its index the same routes as by trying each of them', async () => {
    const word = fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'c');
    const byAttribute = fc.dictionary(fc.constantFrom('type', 'subject', 'zone'), word, { minKeys: 1 });
    const { filter } = fc.letrec((tie) => ({
      filter: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.record({ exact: byAttribute }),
        fc.record({ prefix: byAttribute }),
        fc.record({ suffix: byAttribute, prefix: byAttribute }),
        fc.record({ type: word }),
        fc.record({ all: fc.array(tie('filter'), { maxLength: 3 }) }),
        fc.record({ any: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
        fc.record({ not: tie('filter') }),
      ),
    }));
    const attributes = fc.record({ type: word, subject: word, zone: word }, { requiredKeys: ['type'] });
    await fc.assert(
      fc.asyncProperty(fc.array(filter, { minLength: 1, maxLength: 8 }), attributes, async (filters, own) => {
        const table = tableOf(filters.map((on) => JSON.stringify(on)));
        const one = anEvent(own);
        const tried = table.all.filter((route) => route.accepts(one)).map(({ id }) => id);
        expect(await matchedBy(table, one)).toEqual(tried);
      }),
      { numRuns: 300 },
    );
  });
});

describe('when', () => {
  const holds = async (when: string, data: unknown, attributes = {}) =>
    await matchRoutes(tableOf(['{ all: [] }'], `, when: ${JSON.stringify(when)}`), anEvent(attributes, data));

  it.each([
    ['event.data.total > 100', { total: 150 }, true],
    ['event.data.total > 100', { total: 50 }, false],
    ['event.data.total > 100.5', { total: 150 }, true],
    ['has(event.data.vip) && event.data.vip', {}, false],
    ['event.data.country in ["DE", "FR"]', { country: 'FR' }, true],
    ['event.type.startsWith("order.") && event.source == "/test"', {}, true],
    ['event.attributes.zone == "eu"', {}, true],
    ['event.type.matches("^order[.](created|changed)$")', {}, true],
    ['event.data.items.exists(item, item.sku == "b")', { items: [{ sku: 'a' }, { sku: 'b' }] }, true],
    ['int(event.data.count) % 2 == 0', { count: 4 }, true],
    ['event.data.?total.orValue(0) == 0', {}, true],
  ])('%s for %j: %s', async (when, data, expected) => {
    const matches = await holds(when, data, { zone: 'eu' });
    expect(matches.map(({ error }) => error)).toEqual(expected ? [undefined] : []);
  });

  it('that fails is a match with its error, so that the delivery is not dropped without a word', async () => {
    const [match] = await holds('event.data.total > 100', {});
    expect(match?.error?.code).toBe('EXPRESSION_FAILED');
    expect(match?.error?.message).toMatch(/No such key: total.*has\(\)/);
  });

  it('that gives something other than true or false is a match with its error', async () => {
    const [match] = await holds('event.data.total', { total: 1 });
    expect(match?.error?.message).toBe('`when` must give true or false, it gave a number');
  });

  it.each([
    ['event.dat.total > 1', /No such key: dat; did you mean data\?/],
    ['event.region == "eu"', /No such key: region; an event has id, source, type.* attributes, data/],
    ['event.type + 1 == 2', /no such overload: string \+ int/],
    ['event.type', /gives a value of type string/],
    ['event.data.total >', /Unexpected/],
    ['evnt.type == "a"', /Unknown variable: evnt/],
    ['event.type.matches(event.data.pattern)', /needs its pattern written out/],
    ['event.type.matches("(a")', /the regular expression \/\(a\/ cannot be used/],
    ['event.type.matches("(a)\\\\1")', /invalid escape/],
    ['process.exit() == 1', /process/],
  ])('is refused at load when it cannot work: %s', (when, detail) => {
    expect(() => tableOf(['{ all: [] }'], `, when: ${JSON.stringify(when)}`)).toThrow(detail);
  });
});
