import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { addProbes, createMetrics, createRegistry } from '../src/index.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const traceWith = (flags: string) => ({ traceparent: `00-${TRACE_ID}-b7ad6b7169203331-${flags}` });
const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

async function serve() {
  const registry = createRegistry();
  const metrics = createMetrics(registry);
  const app = fastify();
  addProbes(app, registry, { problems: () => [] });
  const read = async (accept?: string) => {
    const { headers, body } = await app.inject({ url: '/metrics', headers: accept === undefined ? {} : { accept } });
    return { type: String(headers['content-type']), body };
  };
  return { metrics, read };
}

/** The lines of one histogram's buckets that have an exemplar. */
function exemplarsIn(body: string): readonly string[] {
  return body.split('\n').filter((line) => line.includes(' # '));
}

describe('GET /metrics', () => {
  it('answers in OpenMetrics whoever asks for it, and in the older format anybody else', async () => {
    const { metrics, read } = await serve();
    metrics.redeliveries.inc(3);
    const open = await read(OPEN_METRICS);
    expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.body).toMatch(/^# TYPE millrace_redeliveries counter\nmillrace_redeliveries_total 3$/m);
    expect(open.body).toMatch(/\n# EOF\n$/);
    // What the one writes must not change what the other does.
    for (const accept of [undefined, '*/*', 'text/plain']) {
      const plain = await read(accept);
      expect(plain.type).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(plain.body).toMatch(/^# TYPE millrace_redeliveries_total counter\nmillrace_redeliveries_total 3$/m);
    }
  });

  it('has the same samples in both', async () => {
    const { metrics, read } = await serve();
    metrics.eventsByType.inc({ type: 'with "quotes", a \\ and\na line break' });
    metrics.settleDuration.observe({ route: 'score' }, 0.3, traceWith('01'));
    // The figures of the process change from one reading to the next.
    const samplesOf = (body: string) =>
      body
        .split('\n')
        .filter((line) => /^(millrace|http|messaging|mcp|gen_ai)_/.test(line))
        .map((line) => line.replace(/ # .*$/, ''));
    const [open, plain] = [await read(OPEN_METRICS), await read()];
    expect(samplesOf(open.body)).toEqual(samplesOf(plain.body));
    expect(samplesOf(open.body).length).toBeGreaterThan(20);
  });

  it('names the trace of a value, where that trace is sampled, and only in OpenMetrics', async () => {
    const { metrics, read } = await serve();
    metrics.settleDuration.observe({ route: 'score' }, 0.3);
    metrics.settleDuration.observe({ route: 'score' }, 0.3, traceWith('00'));
    metrics.settleDuration.observe({ route: 'score' }, 0.3, { traceparent: 'nonsense' });
    expect(exemplarsIn((await read(OPEN_METRICS)).body)).toEqual([]);
    metrics.settleDuration.observe({ route: 'score' }, 0.3, traceWith('01'));
    metrics.settleDuration.observe({ route: 'score' }, 1_000, traceWith('03'));
    const [within, beyond, ...others] = exemplarsIn((await read(OPEN_METRICS)).body);
    const head = 'millrace_event_settle_duration_seconds_bucket';
    const tail = `{trace_id="${TRACE_ID}",span_id="b7ad6b7169203331"}`;
    expect(within).toMatch(new RegExp(`^${head}{le="0.5",route="score"} 4 # ${tail} 0.3 \\d+(\\.\\d+)?$`));
    expect(beyond).toMatch(new RegExp(`^${head}{le="\\+Inf",route="score"} 5 # ${tail} 1000 \\d+(\\.\\d+)?$`));
    expect(others).toEqual([]);
    expect(exemplarsIn((await read()).body)).toEqual([]);
  });

  it('says which release runs', async () => {
    const { read } = await serve();
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    const shown = `millrace_build_info{version="${version}",node="${process.versions.node}"} 1`;
    expect((await read()).body.split('\n')).toContain(shown);
  });
});
