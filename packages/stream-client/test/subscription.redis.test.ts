import { expect, it } from '@jest/globals';
import { TcpProxy, waitUntil } from '@millrace/testing';
import { openSubscription } from '../src/subscription.js';
import { openTestStream } from './open-test-stream.js';
import { server, setStage, stream } from './stage.js';

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

it('a subscription can be closed while its connection is being made again: nothing rejects where nobody hears it', async () => {
  const proxy = await TcpProxy.open(server.port);
  const behind = await openTestStream(`redis://127.0.0.1:${proxy.port}`);
  const subscription = await openSubscription(behind);
  await subscription.subscribe(CHANNELS);
  proxy.set({ kind: 'delay', ms: 100 });
  const isConnecting = new Promise<void>((resolve) => subscription.redis.once('connect', () => resolve()));
  let isEnded = false;
  subscription.redis.once('end', () => {
    isEnded = true;
  });
  proxy.reset();
  await isConnecting;
  subscription.close();
  await behind.close();
  await waitUntil(() => isEnded, 'it has ended');
  await proxy.close();
});
