import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span as OTLP has it, as far as these tests look at it. */
export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly hasFailed: boolean;
}

/** A stand-in for an OpenTelemetry collector: takes OTLP over HTTP in JSON, and keeps what it is sent. */
export interface Collector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** Everything that came, as text. */
  readonly text: string;
  close(): Promise<void>;
}

interface OtlpSpan extends Omit<CollectedSpan, 'service' | 'links' | 'attributes' | 'hasFailed'> {
  readonly links?: readonly { readonly spanId: string }[];
  readonly attributes?: readonly Attribute[];
  readonly status?: { readonly code?: number };
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Otlp {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const bodies: string[] = [];
  const keep = async (request: IncomingMessage) => {
    const body = (await json(request)) as Otlp;
    headers.push(request.headers);
    bodies.push(JSON.stringify(body));
    if (request.url === '/v1/traces') spans.push(...body.resourceSpans.flatMap(toSpans));
  };
  const server = createServer((request, response) => {
    keep(request).then(
      () => response.setHeader('content-type', 'application/json').end('{}'),
      () => response.writeHead(400).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    headers,
    get text() {
      return bodies.join('\n');
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function toSpans({ resource, scopeSpans }: Otlp['resourceSpans'][number]): CollectedSpan[] {
  const service = String(toObject(resource.attributes)['service.name']);
  return scopeSpans
    .flatMap(({ spans }) => spans)
    .map(({ links = [], attributes = [], status, ...span }) => ({
      ...span,
      parentSpanId: span.parentSpanId ?? '',
      service,
      links: links.map(({ spanId }) => spanId),
      attributes: toObject(attributes),
      hasFailed: status?.code === 2,
    }));
}

function toObject(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
