import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, waitUntil } from '@millrace/testing';
import { parse, stringify } from 'yaml';
import { listNames, readText } from '../architecture/repository.js';
import { readRules, seriesIn } from '../architecture/series.js';
import { type Collector, startCollector } from '../system/collector.js';
import { System } from '../system/system.js';

const isThere = await promisify(execFile)('prometheus', ['--version']).then(
  () => true,
  () => false,
);
/** What only happens where keys are in a file, where a route is ordered, or where all is far worse than here. */
const NOT_HERE = [
  'millrace_keys_reloads_total',
  'millrace_sender_refusals_total',
  'millrace_turns_waited_total',
  'millrace_tool_calls_withheld_total',
  'gen_ai_client_operation_duration_seconds_count{route=~"$route", error_type!=""}',
];

let collector: Collector;
let system: System;
let prometheus: ChildProcess;
let url: string;
let dir: string;
const stopping = new AbortController();
let load: Promise<void> = Promise.resolve();

/** Our own configuration, with this machine's addresses and no patience. */
async function configure(): Promise<void> {
  const config = parse(readText('infra/prometheus/prometheus.yml')) as { scrape_configs: { job_name: string }[] };
  const targets: Record<string, readonly string[]> = {
    producer: [system.producer.url],
    operator: [system.operator.url],
    consumer: system.consumers.map((consumer) => consumer.url),
  };
  const scrape_configs = config.scrape_configs
    .filter(({ job_name }) => job_name in targets)
    .map(({ job_name }) => ({
      job_name,
      static_configs: [{ targets: targets[job_name]?.map((one) => one.replace('http://', '')) }],
    }));
  const patience = { scrape_interval: '1s', scrape_timeout: '900ms', evaluation_interval: '1s' };
  const rule_files = ['recording.yml', 'alerts.yml'].map((file) =>
    join(import.meta.dirname, '../../infra/prometheus', file),
  );
  await writeFile(join(dir, 'prometheus.yml'), stringify({ global: patience, rule_files, scrape_configs }));
}

async function keepPosting(): Promise<void> {
  const data = { orderId: '1', total: 20, sku: 'x', quantity: 1 };
  await system.setFaults('aws', [{ tool: 'risk.score', kind: 'error', eventIdPrefix: 'refused-' }]);
  for (let nth = 1; !stopping.signal.aborted; nth += 1) {
    await system.post({ type: 'com.shop.order.created', data });
    if (nth % 20 === 0) await system.post({ type: 'com.shop.order.created', id: `refused-${nth}`, data });
    await system.post({ type: 'dev.millrace.verify.agent', data: {} });
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** How many series an expression has now, zeros for want of any left out; an expression that Prometheus refuses throws. */
async function count(expr: string): Promise<number> {
  const asked = expr.replaceAll(' or vector(0)', '');
  const query = asked.replaceAll('$__rate_interval', '15s').replace(/\$\w+/g, '.*');
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
  const body = (await answer.json()) as { data?: { result: unknown[] }; error?: string };
  if (body.data === undefined) throw new Error(`${expr}: ${body.error}`);
  return body.data.result.length;
}

/** The labels of the exemplars that a selector has, the latest first. */
async function findExemplars(selector: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const end = Date.now() / 1_000;
  const path = `/api/v1/query_exemplars?query=${selector}&start=${end - 300}&end=${end}`;
  const { data } = (await (await fetch(`${url}${path}`)).json()) as {
    data: readonly { exemplars: readonly { labels: Record<string, string>; timestamp: number }[] }[];
  };
  const all = data.flatMap(({ exemplars }) => exemplars);
  return all.toSorted((a, b) => b.timestamp - a.timestamp).map(({ labels }) => labels);
}

async function silentOf(expressions: readonly string[]): Promise<readonly string[]> {
  const silent: string[] = [];
  for (const expr of expressions) {
    if (NOT_HERE.every((name) => !expr.includes(name)) && (await count(expr)) === 0) silent.push(expr);
  }
  return silent;
}

/** Everything that a dashboard or a rule asks for; of an alert, whose answer is to be nothing, each series of it. */
function expressions(): readonly string[] {
  const boards = listNames('infra/grafana/dashboards').map((file) => readText(`infra/grafana/dashboards/${file}`));
  const panels = boards.flatMap(
    (board) => (JSON.parse(board) as { panels: { targets?: { expr: string }[] }[] }).panels,
  );
  const drawn = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const recorded = readRules('recording.yml').map(({ record = '' }) => record);
  const watched = readRules('alerts.yml').flatMap(({ expr }) => seriesIn(expr));
  return [...new Set([...drawn, ...recorded, ...watched])];
}

// Where there is no Prometheus, the checks of the compose project ask the one in its image.
(isThere ? describe : describe.skip)('a real Prometheus that scrapes the system under load', () => {
  beforeAll(async () => {
    collector = await startCollector();
    const modelScripts = join(import.meta.dirname, '../../config/scripted-model.yaml');
    system = await System.start(2, { modelScripts, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    dir = await mkdtemp(join(tmpdir(), 'millrace-prometheus-'));
    await configure();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const args = [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--log.level=error',
    ];
    prometheus = spawn('prometheus', args, { stdio: 'ignore' });
    load = keepPosting();
  });

  afterAll(async () => {
    stopping.abort();
    await load;
    prometheus.kill('SIGKILL');
    await once(prometheus, 'exit');
    await system.stop();
    await collector.close();
    await rm(dir, { recursive: true });
  });

  it('has data for every expression of every dashboard and rule', async () => {
    const all = expressions();
    expect(all.length).toBeGreaterThan(80);
    let silent: readonly string[] = all;
    const seen = async () => {
      silent = await silentOf(silent).catch(() => silent);
      return silent.length === 0;
    };
    await waitUntil(seen, 'all have data').catch(() => expect(silent).toEqual([]));
    expect(await silentOf(all)).toEqual([]);
  });

  it('leads from slow requests, settled events and tool calls to their traces', async () => {
    const histograms = [
      'http_server_request_duration_seconds',
      'millrace_event_settle_duration_seconds',
      'mcp_client_operation_duration_seconds',
    ];
    for (const histogram of histograms) {
      const found = await findExemplars(`${histogram}_bucket`);
      expect([histogram, found.length > 0]).toEqual([histogram, true]);
      const [{ trace_id } = {}] = found;
      await waitUntil(() => collector.spans.some(({ traceId }) => traceId === trace_id), 'the trace was kept');
    }
  });

  it('sees no rule fail, and no alert fire but that of the calls that are refused here', async () => {
    const { data } = (await (await fetch(`${url}/api/v1/rules`)).json()) as {
      data: { groups: { rules: { name: string; health: string; state?: string }[] }[] };
    };
    const rules = data.groups.flatMap(({ rules: own }) => own);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    const firing = rules.filter(({ state = 'inactive' }) => state === 'firing').map(({ name }) => name);
    expect(firing).toEqual(['DeadLettersGrowing']);
  });
});
