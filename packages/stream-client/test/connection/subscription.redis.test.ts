import { expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { openSubscription } from '../../src/connection/subscription.js';
import { setStage, stream } from '../stage.js';

setStage();

const CHANNELS = ['{0}:a', '{0}:b', '{0}:c', '{0}:d'];

it('a subscription hears its channels over the next connection, and tells of the gap', async () => {
  const subscription = await openSubscription(stream);
  const gaps: string[] = [];
  const heard = new Set<string>();
  subscription.redis.on('resubscribed', (channels: readonly string[]) => gaps.push(...channels));
  subscription.redis.on('smessage', (channel: string) => heard.add(channel));
  await subscription.subscribe(CHANNELS);
  await stream.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await waitUntil(() => gaps.length > 0, 'the gap is told of');
  expect(gaps).toEqual(CHANNELS);
  for (const channel of CHANNELS) await stream.redis.spublish(channel, 'word');
  await waitUntil(() => heard.size === CHANNELS.length, 'all are heard');
  subscription.close();
});
