import { describe, expect, it } from '@jest/globals';
import { createTestApp, structured } from './app-parts.js';

const TYPES = 2_000;
const MAX_BYTES = 2 ** 20;

describe('GET /metrics', () => {
  it(`stays under ${MAX_BYTES / 2 ** 20} MiB after ${TYPES} distinct event types, and names those it has no place for \`other\``, async () => {
    const { app } = await createTestApp();
    for (let n = 0; n < TYPES; n++) {
      const { statusCode } = await app.inject(structured({ id: `e${n}`, type: `com.test.type-${n}.happened` }));
      expect(statusCode).toBe(202);
    }
    const { body } = await app.inject('/metrics');
    const times: number[] = [];
    for (let n = 0; n < 10; n++) {
      const startedAt = performance.now();
      await app.inject({ url: '/metrics', headers: { accept: 'application/openmetrics-text' } });
      times.push(performance.now() - startedAt);
    }
    const medianMs = times.toSorted((a, b) => a - b)[5] ?? Number.NaN;
    const series = body.match(/^millrace_events_by_type_total\{.*$/gm) ?? [];
    console.log(`${TYPES} types: ${Buffer.byteLength(body)} bytes, median of ten ${medianMs.toFixed(1)} ms`);
    expect(Buffer.byteLength(body)).toBeLessThan(MAX_BYTES);
    expect(series).toContain('millrace_events_by_type_total{type="other"} 1900');
    expect(series).toHaveLength(101);
  });

  it('counts requests by the pattern of their path, never by what somebody made up', async () => {
    const { app } = await createTestApp();
    for (let n = 0; n < 20; n++) await app.inject(`/no/such/path/${n}`);
    await app.inject('/v1/events/0-1-0');
    const { body } = await app.inject('/metrics');
    const counts = body.match(/^http_server_request_duration_seconds_count.*$/gm);
    expect(counts).toEqual([
      'http_server_request_duration_seconds_count{http_request_method="GET",http_route="none",http_response_status_code="404"} 20',
      expect.stringContaining('http_route="/v1/events/:ref"'),
    ]);
  });
});
