import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createToolCaller, type TlsSettings } from '@millrace/mcp-client';
import { answer, said, serveCalls, type TestServer } from '@millrace/testing';

const CERTIFICATES = `
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=authority -days 1
for name in server client; do
  openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj /CN=$name
  printf 'subjectAltName=IP:127.0.0.1' > ext
  openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out $name.crt -days 1 -extfile ext
done`;

let dir: string;
let inner: TestServer;
let server: Server;
let pem: (name: string) => Promise<string>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-tls-'));
  pem = (name) => readFile(join(dir, name), 'utf8');
  await promisify(execFile)('sh', ['-e', '-c', CERTIFICATES], { cwd: dir });
  inner = await serveCalls(({ response, message }) => answer(response, said(message, 'hello')));
  const [ca, cert, key] = await Promise.all([pem('ca.crt'), pem('server.crt'), pem('server.key')]);
  const options = { ca, cert, key, requestCert: true, rejectUnauthorized: true };
  server = createServer(options, (request, response) => void passOn(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await inner.kill();
  await rm(dir, { recursive: true, force: true });
});

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const reply = await fetch(inner.url, { method: 'POST', body: Buffer.concat(chunks) });
  response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text());
}

async function callWith(tls: TlsSettings) {
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  const caller = createToolCaller([{ name: 'shop', url, privateAddresses: true, tls }]);
  const call = { server: 'shop', tool: 'echo', arguments: {}, idempotencyKey: 'k', timeoutMs: 20_000 };
  const outcome = await caller.call(call, new AbortController().signal);
  await caller.close();
  return outcome;
}

describe('a server behind TLS of a private authority that asks for a certificate', () => {
  it('is called with the configured authority and certificate', async () => {
    const [ca, cert, key] = await Promise.all([pem('ca.crt'), pem('client.crt'), pem('client.key')]);
    expect(await callWith({ ca, cert, key })).toMatchObject({ kind: 'ok' });
  });

  it('is not called without them, and nothing is sent', async () => {
    for (const tls of [{}, { ca: await pem('ca.crt') }]) {
      const outcome = await callWith(tls);
      expect(outcome).toMatchObject({ error: { class: 'not-sent' }, facts: { dispatched: false } });
    }
  });
});
