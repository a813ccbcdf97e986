import { describe, expect, it } from '@jest/globals';
import { CLOUDS } from '../src/config.js';
import type { Tool } from '../src/tool.js';
import { toolsOf } from '../src/tools.js';

const ARGUMENTS: Record<string, object> = {
  'risk.score': { orderId: 'o-1', total: 99 },
  'orders.lookup': { orderId: 'o-1' },
  'notify.email': { to: 'a@example.com', subject: 'hello' },
  'fraud.flag': { orderId: 'o-1', reason: 'odd' },
  'audit.write': { action: 'paid' },
  'tickets.list': {},
  'stock.reserve': { orderId: 'o-1', sku: 'A', quantity: 2 },
  'stock.release': { orderId: 'o-1', sku: 'A', quantity: 2 },
  'stock.level': { sku: 'A' },
  'logs.search': { service: 'web', query: 'timeout' },
  'parcel.book': { orderId: 'o-1', address: 'Main Street 1' },
  'label.print': { orderId: 'o-1' },
  'card.charge': { orderId: 'o-1', total: 99 },
  'card.refund': { orderId: 'o-1', total: 99 },
  'ticket.open': { title: 'disk full' },
  'ticket.close': { ticketId: 'T-1' },
  'workload.restart': { workload: 'web' },
};

function toolNamed(name: string): Tool {
  const tool = CLOUDS.flatMap(toolsOf).find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
}

function argumentsOf(name: string, more: object = {}): object {
  return { eventId: 'e-1', ...ARGUMENTS[name], ...more };
}

describe.each(CLOUDS)('toolsOf %s', (cloud) => {
  it('has a tool that takes no key, and one that takes it in an argument', () => {
    const tools = toolsOf(cloud).filter(({ annotations }) => !annotations.readOnlyHint && !annotations.idempotentHint);
    expect(new Set(tools.map(({ key }) => key))).toEqual(
      new Set(cloud === 'aws' ? ['none', 'meta-or-argument'] : ['none', 'meta', 'meta-or-argument']),
    );
  });

  it.each(toolsOf(cloud))('$name takes the event id, answers as its schema says and keeps its hints', (tool) => {
    expect(tool.input.shape).toHaveProperty('eventId');
    const [first, second] = [1, 2].map((requestN) => tool.run(argumentsOf(tool.name), requestN));
    if (first?.kind !== 'done' || second?.kind !== 'done') throw new Error('refused');
    expect(tool.output.strict().parse(first.output)).toEqual(first.output);
    expect(first.changed).toBe(!tool.annotations.readOnlyHint);
    expect(second.changed).toBe(!tool.annotations.idempotentHint);
    if (tool.annotations.idempotentHint) expect(second.output).toEqual(first.output);
  });
});

describe('the state of the tools', () => {
  it('lets the stock go down, and refuses what is not there without an effect', () => {
    const [reserve, , level] = toolsOf('gcp');
    for (let at = 0; at < 1_000; at += 1) reserve?.run(argumentsOf('stock.reserve', { quantity: 1_000 }), at);
    expect(level?.run(argumentsOf('stock.level'), 1)).toEqual(
      expect.objectContaining({ output: { sku: 'A', left: 0 } }),
    );
    expect(reserve?.run(argumentsOf('stock.reserve'), 1)?.kind).toBe('refused');
  });

  it('declines a charge above 50,000', () => {
    expect(toolNamed('card.charge').run(argumentsOf('card.charge', { total: 50_000 }), 1).kind).toBe('done');
    expect(toolNamed('card.charge').run(argumentsOf('card.charge', { total: 50_000.01 }), 1).kind).toBe('refused');
  });

  it('scores the same order the same, from 0 to 100', () => {
    const score = toolNamed('risk.score');
    const high = score.run(argumentsOf('risk.score', { total: 900_000 }), 1);
    expect(high).toEqual(expect.objectContaining({ output: { orderId: 'o-1', score: 100, band: 'high' } }));
  });

  it('lists flagged orders for review', () => {
    const tools = toolsOf('aws');
    const named = (name: string) => tools.find((tool) => tool.name === name);
    named('fraud.flag')?.run(argumentsOf('fraud.flag'), 7);
    expect(named('tickets.list')?.run(argumentsOf('tickets.list'), 8)).toEqual({
      kind: 'done',
      changed: false,
      output: { tickets: [{ ticketId: 'review-7', orderId: 'o-1', reason: 'odd' }] },
    });
  });
});
