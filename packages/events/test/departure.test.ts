import { describe, expect, it } from '@jest/globals';
import {
  cameFrom,
  createReplay,
  departingDelivery,
  departingFollowUp,
  type Event,
  findReserved,
  identityOf,
  onlyRouteOf,
} from '@millrace/events';

const own = { id: 'a', source: '/test', type: 'com.test.happened' };
const EVENT: Event = { ...own, attributes: { specversion: '1.0', ...own }, data: undefined };

describe('an event that goes on in another partition', () => {
  it('says from which event it comes; one delivery of an event says for which route it is', () => {
    expect([cameFrom(EVENT), onlyRouteOf(EVENT)]).toEqual([undefined, undefined]);
    const followUp = departingFollowUp(EVENT, '0-5-0');
    expect([cameFrom(followUp), onlyRouteOf(followUp)]).toEqual(['0-5-0', undefined]);
    const delivery = departingDelivery(EVENT, '0-5-0', 'ship');
    expect([cameFrom(delivery), onlyRouteOf(delivery)]).toEqual(['0-5-0', 'ship']);
    expect([delivery.id, delivery.source]).toEqual([EVENT.id, EVENT.source]);
  });

  it('has as a delivery an identity of its own, by where it comes from and its route', () => {
    const identities = [
      EVENT,
      departingDelivery(EVENT, '0-5-0', 'ship'),
      departingDelivery(EVENT, '0-5-0', 'bill'),
      departingDelivery(EVENT, '0-6-0', 'ship'),
    ].map(identityOf);
    expect(new Set(identities).size).toBe(4);
    expect(identityOf(departingFollowUp(EVENT, '0-5-0'))).toBe(identityOf(EVENT));
    expect(identityOf({ id: 'a', source: '/test' })).toBe(identityOf(EVENT));
  });

  it('is nothing that anybody could send, and no replay is one', () => {
    expect(findReserved(EVENT)).toBeUndefined();
    const delivery = departingDelivery(EVENT, '0-5-0', 'ship');
    expect(findReserved(delivery)).toBe('millracefrom');
    const { event, edited } = createReplay(
      { ref: '2-9-0', event: delivery },
      'b',
      { attributes: {}, data: undefined },
      'keyed',
    );
    expect([findReserved(event), edited]).toEqual([undefined, []]);
  });
});
