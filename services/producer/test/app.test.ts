import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { createRuleMaker } from '../src/access/access.js';
import { openApiDocument } from '../src/openapi.js';
import { createTestApp, structured } from './app-parts.js';

describe('createApp', () => {
  it('answers unknown paths with 404 and other methods with 405 and Allow, as problems', async () => {
    const { app } = await createTestApp();
    expect((await app.inject('/v2/events')).json()).toMatchObject({ status: 404, code: 'PATH_UNKNOWN' });
    const answer = await app.inject({ method: 'DELETE', url: '/v1/events' });
    expect(answer.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(answer.headers.allow).toBe('POST');
  });

  it('asks for the key everywhere under /v1 and nowhere else', async () => {
    const { app, stream } = await createTestApp(
      {},
      { access: { rules: createRuleMaker('sesame')({ keys: [], webhooks: [] }) } },
    );
    const as = (authorization: string) => ({ ...structured(), headers: { ...structured().headers, authorization } });
    for (const request of [structured(), as('Bearer wrong'), as('Bearer sesame2'), as('Basic sesame'), as('sesame')]) {
      const answer = await app.inject(request);
      expect(answer.json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="millrace"');
    }
    expect((await app.inject('/v1/events/0-1-0')).statusCode).toBe(401);
    expect((await app.inject('/v1/events/0-1-0/stream')).statusCode).toBe(401);
    expect(stream.events).toEqual([]);
    expect((await app.inject(as('bearer sesame'))).statusCode).toBe(202);
    for (const url of ['/livez', '/readyz', '/openapi.json']) expect((await app.inject(url)).statusCode).toBe(200);
  });

  it('is live always and ready only while nothing speaks against it', async () => {
    const { app, stream } = await createTestApp();
    expect((await app.inject('/readyz')).statusCode).toBe(200);
    stream.problems.push('Redis is not connected');
    expect((await app.inject('/readyz')).json()).toMatchObject({ problems: ['Redis is not connected'] });
    expect((await app.inject('/readyz')).statusCode).toBe(503);
    expect((await app.inject('/livez')).statusCode).toBe(200);
  });

  it('counts what was accepted', async () => {
    const { app } = await createTestApp();
    await app.inject(structured());
    await app.inject(structured());
    const metrics = (await app.inject('/metrics')).body;
    expect(metrics).toContain('millrace_events_accepted_total{result="accepted"} 1');
    expect(metrics).toContain('millrace_events_accepted_total{result="duplicate"} 1');
    expect(metrics).toContain('messaging_client_operation_duration_seconds_count{messaging_operation_name="send"} 2');
    expect(metrics).toContain('messaging_client_sent_messages_total{messaging_operation_name="send"} 2');
  });

  it('describes every path under /v1 in OpenAPI 3.1, and no other', async () => {
    const { app } = await createTestApp();
    const document = (await app.inject('/openapi.json')).json();
    expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument)));
    expect(document.openapi).toBe('3.1.0');
    for (const [path, methods] of Object.entries<Record<string, unknown>>(document.paths)) {
      for (const method of Object.keys(methods)) {
        const url = path.replace(/\{(\w+)\}/g, ':$1');
        expect(app.hasRoute({ method: method.toUpperCase(), url })).toBe(true);
      }
    }
    const routes = app.printRoutes({ commonPrefix: false, includeHooks: false });
    expect(routes.match(/events|\/:ref|\/stream|webhooks/g)).toHaveLength(Object.keys(document.paths).length);
  });

  it('serves the documentation page and all it needs by itself, under a strict policy', async () => {
    const { app } = await createTestApp();
    const page = await app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(assets.length).toBeGreaterThan(2);
    expect(page.body).not.toMatch(/<script(?![^>]*src=)[^>]*>[^<]/);
    for (const asset of assets) {
      const { pathname, origin } = new URL(asset, 'http://here/docs/');
      expect(origin).toBe('http://here');
      expect((await app.inject(pathname)).statusCode).toBe(200);
    }
  });

  it('refuses a body that grows past its limit while it arrives, and ends the connection', async () => {
    const { app } = await createTestApp();
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
    const socket = connect(Number(port), '127.0.0.1');
    const answer = text(socket);
    socket.on('error', () => socket.destroy());
    socket.write(
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 5; sent++) socket.write(chunk);
    expect(await answer).toMatch(/^HTTP\/1.1 413 .*"code":"BODY_TOO_LARGE"/s);
    await app.close();
  });
});
