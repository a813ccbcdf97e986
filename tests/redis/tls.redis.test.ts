import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAppender, openBlockingSource, openStream, readRecord } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { makeCertificates } from './certificates.js';
import { startIntruder } from './intruder.js';
import { makeUsers, readPassword, type User } from './redis-users.js';
import { findMissing, type SecuredRedis, startSecuredRedis } from './secured-redis.js';

const missing = findMissing();
if (missing !== undefined) console.warn(`Redis with TLS is not tested: ${missing}`);
const describeWithTls = missing === undefined ? describe : describe.skip;

/** For what is going to be refused: long enough to be told why. */
const SOON = { connectTimeoutMs: 1_500 };

let folder: string;
let server: SecuredRedis;

beforeAll(async () => {
  if (missing !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'millrace-tls-'));
  await makeCertificates(folder);
  await makeCertificates(join(folder, 'stranger'));
  await makeUsers(join(folder, 'secrets'), join(folder, 'users.acl'), '--create');
  server = await startSecuredRedis(folder);
});

afterAll(async () => {
  if (missing !== undefined) return;
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Opens the stream as a user, by a URL that begins as given, trusting the authority in a file of the folder. */
async function open(
  start: string,
  user: User,
  caFile?: string,
  options: { host?: string; port?: number; connectTimeoutMs?: number } = {},
) {
  const password = await readPassword(join(folder, 'secrets'), user);
  const tlsCa = caFile === undefined ? undefined : await readFile(join(folder, caFile), 'utf8');
  const { host = '127.0.0.1', port = server.port, ...limit } = options;
  return openStream({ redisUrl: `${start}${user}:${password}@${host}:${port}`, tlsCa, ...limit });
}

describeWithTls(`a Redis with tls.conf and users${missing === undefined ? '' : ` (not tested: ${missing})`}`, () => {
  it('carries an event over TLS, on the connection for commands and on the one that blocks', async () => {
    const producer = await open('rediss://', 'producer', 'ca.crt');
    const consumer = await open('rediss://', 'consumer', 'ca.crt');
    const own = { id: 'e1', source: '/test', type: 'com.test.happened' };
    const data = { kind: 'json' as const, bytes: Buffer.from('{}') };
    const event = { ...own, attributes: { specversion: '1.0', ...own }, data };
    const appended = await createAppender(producer, { maxBacklog: 10, deadlineMs: 60_000 }).append(event);
    const source = await openBlockingSource(consumer, 'c1', 1_000);
    const [entry] = await source.read(1);
    expect(appended).toEqual({ kind: 'accepted', ref: entry?.ref });
    expect(await readRecord(producer, entry?.ref ?? '')).toMatchObject({ state: 'open' });
    for (const one of [source, consumer, producer]) await one.close();
  });

  it('refuses plain text', async () => {
    await expect(open('redis://', 'producer', undefined, SOON)).rejects.toMatchObject({ code: 'STREAM_UNAVAILABLE' });
    expect(await askInPlainText(server.port)).toBe('');
  });

  it('is not trusted by who trusts another authority, or only the well-known ones', async () => {
    const refusal = { code: 'STREAM_UNAVAILABLE', message: expect.stringMatching(/certificate/) };
    await expect(open('rediss://', 'producer', 'stranger/ca.crt', SOON)).rejects.toMatchObject(refusal);
    await expect(open('rediss://', 'producer', undefined, SOON)).rejects.toMatchObject(refusal);
  });

  it('is not trusted under a name that its certificate does not have', async () => {
    const refusal = { code: 'STREAM_UNAVAILABLE', message: expect.stringMatching(/does not match certificate/) };
    await expect(open('rediss://', 'producer', 'ca.crt', { ...SOON, host: 'localhost' })).rejects.toMatchObject(
      refusal,
    );
  });

  it('does not end a process by two errors of one socket: bytes that are no TLS, and then a reset', async () => {
    const intruder = await startIntruder(server.port);
    const producer = await open('rediss://', 'producer', 'ca.crt', { port: intruder.port });
    const answers = () =>
      readRecord(producer, '1-0').then(
        () => true,
        () => false,
      );
    // An error that nobody listens to would end this test, as it would end a service.
    for (let time = 0; time < 3; time += 1) {
      await intruder.intrude();
      await waitUntil(answers, 'the connection has been made anew');
    }
    await producer.close();
    await intruder.close();
  });
});

/** What comes back for a PING without TLS, until the server hangs up. */
function askInPlainText(port: number): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    // A server that expects TLS may also reset the connection: either way it is over with 'close'.
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}
