import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Event } from '@millrace/events';
import { parseRoutes, previewRoute } from '@millrace/routing';

const page = readFileSync(join(import.meta.dirname, '../../../docs/routes.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
const filters = [...page.matchAll(/^\| `(\{ .+? \})` +\| /gm)].map(([, filter = '']) => filter);

const data = {
  orderId: 'o-1',
  total: 150,
  customer: { isNew: true },
  items: [{ sku: 'G-1', weight: 30 }],
};
const own = { id: '1', source: '/shop', type: 'com.shop.order.created' };
const order: Event = {
  ...own,
  attributes: { specversion: '1.0', ...own },
  data: { kind: 'json', bytes: Buffer.from(JSON.stringify(data)) },
};

describe('docs/routes.md', () => {
  it.each(examples)('has examples that load, and take the order that they are about', async (yaml) => {
    const [route] = parseRoutes(yaml, 'routes.yaml', new Set(['aws', 'gcp']));
    if (route === undefined) throw new Error('the example has no route');
    expect(await previewRoute(route, order)).toMatchObject({ kind: 'call', arguments: { orderId: 'o-1' } });
  });

  it.each(filters.filter((filter) => !filter.includes('…')))('has filters that load: %s', (filter) => {
    const yaml = `routes: [{ id: r, on: ${filter}, call: { server: aws, tool: t }, with: '{}' }]`;
    expect(() => parseRoutes(yaml, 'routes.yaml', new Set(['aws']))).not.toThrow();
  });

  it('has examples to try', () => {
    expect(examples.length).toBeGreaterThanOrEqual(3);
    expect(filters.length).toBeGreaterThanOrEqual(6);
  });
});
