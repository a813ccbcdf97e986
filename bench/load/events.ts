import { randomBytes } from 'node:crypto';
import type { Event } from '@millrace/events';

export const EVENT_TYPE = 'com.shop.order.created';
const SOURCE = '/bench/shop';

/** How many digits at the end of an id tell one event of a maker from another. */
export const ID_DIGITS = 12;

/** Makes events that have not been seen before, in Redis or by anybody: 36 characters of id, the same length each. */
export class EventMaker {
  /** How the ids of this maker begin, and no others. */
  readonly front = randomBytes(12).toString('hex');
  readonly #data: string;
  #made = 0;

  /** `dataBytes`: about how long the data are. Default: an order of two lines. */
  constructor(dataBytes = 0) {
    const order = { orderId: 'order-4711', total: 129.5, currency: 'EUR', items: [item('A-1'), item('B-2')] };
    const padding = Math.max(0, dataBytes - JSON.stringify(order).length - 10);
    this.#data = JSON.stringify(padding === 0 ? order : { ...order, note: 'x'.repeat(padding) });
  }

  nextId(): string {
    this.#made += 1;
    return `${this.front}${String(this.#made).padStart(ID_DIGITS, '0')}`;
  }

  /** One event as CloudEvents JSON. */
  nextJson(): string {
    const time = '2026-01-31T12:00:00Z';
    return `{"specversion":"1.0","id":"${this.nextId()}","source":"${SOURCE}","type":"${EVENT_TYPE}","time":"${time}","datacontenttype":"application/json","data":${this.#data}}`;
  }

  nextBatch(events: number): string {
    return `[${Array.from({ length: events }, () => this.nextJson()).join(',')}]`;
  }

  /** One event as the stream client takes it. */
  next(type = EVENT_TYPE): Event {
    const id = this.nextId();
    const attributes = { specversion: '1.0', id, source: SOURCE, type, datacontenttype: 'application/json' };
    return { id, source: SOURCE, type, attributes, data: { kind: 'json', bytes: Buffer.from(this.#data) } };
  }
}

function item(sku: string) {
  return { sku, quantity: 2, price: 12.25 };
}
