import { toMarkdownTable } from './markdown-table.js';
import { createMetrics, createRegistry } from './metrics.js';

/** The metrics of the catalogue as a page for people: `docs/metrics.md`, in Markdown. */
export async function describeMetrics(): Promise<string> {
  const registry = createRegistry();
  const buildInfo = registry.getSingleMetric('millrace_build_info');
  const metrics = [...Object.values(createMetrics(registry)), ...(buildInfo === undefined ? [] : [buildInfo])];
  const rows = await Promise.all(
    metrics.map(async (metric) => {
      const { name, type, help } = await metric.get();
      const labels = (metric as unknown as { readonly labelNames: readonly string[] }).labelNames;
      const shownLabels = labels.map((label) => `\`${label}\``).join(', ');
      return [`\`${name}\``, String(type), shownLabels, help];
    }),
  );
  const head = ['Metric', 'Type', 'Labels', 'Says'];
  return `${INTRODUCTION}\n${toMarkdownTable([head, ...rows])}`;
}

const INTRODUCTION = `# Metrics

Every process answers \`GET /metrics\` in Prometheus' text format, and in OpenMetrics to whoever asks for that by \`Accept\`, as
Prometheus does. \`infra/prometheus\` scrapes, records and alerts; \`infra/grafana/dashboards\` draws. What to do when an alert
fires is in [alerts.md](alerts.md).

Names of OpenTelemetry's conventions (\`http_server_…\`, \`messaging_…\`, \`mcp_client_…\`) stand for what those say; they are
in development, and may change there. \`error_type\` is absent where nothing failed. No label holds an id. Histograms are in
seconds and have \`_bucket\`, \`_sum\` and \`_count\`. In OpenMetrics, the buckets of requests to the producer, of settled events,
tool calls and questions to models carry exemplars, \`trace_id\` and \`span_id\`, where there are [traces](operations.md#traces)
and this one is sampled. Beside these, each process has the figures of Node.js and of the operating system: \`nodejs_…\`,
\`process_…\`.

This page is made from the catalogue, \`packages/runtime/src/metrics\`: \`node scripts/write-metrics-page.mjs\`.
`;
