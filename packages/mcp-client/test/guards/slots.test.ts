import { describe, expect, it } from '@jest/globals';
import { Slots } from '../../src/guards/slots.js';

const never = new AbortController().signal;

describe('Slots', () => {
  it('gives a freed slot to whoever waited longest', async () => {
    const slots = new Slots(1, 10);
    expect(await slots.acquire(never)).toBe(true);
    const order: string[] = [];
    const waiting = ['first', 'second'].map((name) => slots.acquire(never).then(() => order.push(name)));
    slots.release();
    await waiting[0];
    expect(order).toEqual(['first']);
    slots.release();
    await waiting[1];
    expect(order).toEqual(['first', 'second']);
  });

  it('ends a wait with its signal, and does not lose the slot over it', async () => {
    const slots = new Slots(1, 10);
    await slots.acquire(never);
    const controller = new AbortController();
    const waiting = slots.acquire(controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
    expect(await slots.acquire(controller.signal)).toBe(false);
    slots.release();
    expect(await slots.acquire(never)).toBe(true);
  });

  it('refuses at once when too many wait already', async () => {
    const slots = new Slots(1, 1);
    await slots.acquire(never);
    const waiting = slots.acquire(never);
    expect(await slots.acquire(never)).toBe(false);
    slots.release();
    expect(await waiting).toBe(true);
  });
});
