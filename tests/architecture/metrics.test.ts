import { describe, expect, it } from '@jest/globals';
import { createMetrics, createRegistry } from '@millrace/runtime';
import { findAll, listFiles, readText } from './repository.js';

const metrics = await Promise.all(
  Object.entries(createMetrics(createRegistry())).map(async ([key, metric]) => {
    const { name, type } = await metric.get();
    return { key, name, type: String(type) };
  }),
);
const catalogue = listFiles()
  .filter((file) => /^packages\/runtime\/src\/metrics\/.+\.ts$/.test(file))
  .map(readText)
  .join('\n');
const services = listFiles()
  .filter((file) => /^services\/[^/]+\/src\/.+\.ts$|^packages\/runtime\/src\/request-metrics\.ts$/.test(file))
  .map(readText)
  .join('\n');

describe('every metric of the catalogue', () => {
  it('is kept up by a service', () => {
    const used = new Set(findAll(services, /\bmetrics\.([a-zA-Z]+)\b/g));
    expect(metrics.map(({ key }) => key).filter((key) => !used.has(key))).toEqual([]);
  });

  it('is named millrace_ and what it counts, in lower case, unless OpenTelemetry has a name for it', () => {
    const own = /^(millrace|http_server|messaging_client|messaging_process|mcp_client|gen_ai_client)(_[a-z]+)+$/;
    expect(metrics.map(({ name }) => name).filter((name) => !own.test(name))).toEqual([]);
  });

  it('ends in _total when it is a counter, and only then', () => {
    const wrong = metrics.filter(({ name, type }) => name.endsWith('_total') !== (type === 'counter'));
    expect(wrong).toEqual([]);
  });

  it('ends in its unit, which is seconds for times and bytes for memory', () => {
    const histograms = metrics.filter(({ type }) => type === 'histogram').map(({ name }) => name);
    // Tokens are a unit too, and OpenTelemetry has the word where it has it.
    expect(histograms.filter((name) => !/_(seconds|bytes|size|token_usage)$/.test(name))).toEqual([]);
    const names = metrics.map(({ name }) => name);
    expect(names.filter((name) => /_(duration|age|delay|time)(?!_seconds$)(_|$)/.test(name))).toEqual([]);
    expect(names.filter((name) => /_(ms|milliseconds|minutes|kb|mb|kib|mib)(_|$)/.test(name))).toEqual([]);
  });

  it('has labels in snake_case, none of them an id', () => {
    const lists = findAll(catalogue, /labelNames: \[([^\]]*)\]/g);
    const labels = new Set(lists.flatMap((list) => findAll(list, /'([^']+)'/g)));
    expect(labels).toContain('route');
    expect([...labels].filter((label) => !/^[a-z]+(_[a-z]+)*$/.test(label) || /(^|_)(id|ref)$/.test(label))).toEqual(
      [],
    );
  });
});
