import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  createTraceState,
  isSpanContextValid,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Span, SpanKind, SpanOptions, TraceContext, Tracer, TraceSettings } from './tracer.js';

/** For one export to succeed, its retries included, in ms. */
const EXPORT_TIMEOUT_MS = 5_000;
/** How often spans are sent, in ms. */
const EXPORT_EVERY_MS = 1_000;
/** Spans that wait to be sent; those beyond it are dropped. */
const MAX_QUEUED_SPANS = 4_096;
/** For sending the rest at the end, in ms. */
const CLOSE_TIMEOUT_MS = 2_000;

const KINDS: Readonly<Record<SpanKind, OtelSpanKind>> = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
};

type Connected = TraceSettings & { readonly endpoint: string };

/** A tracer that sends to an OTLP collector over HTTP. OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME are heeded. */
export function createOtlpTracer(service: string, { endpoint, headers, ratio }: Connected): Tracer {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.namespace': 'millrace', 'service.name': `millrace-${service}` }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
        maxQueueSize: MAX_QUEUED_SPANS,
      }),
    ],
  });
  const tracer = provider.getTracer('millrace');
  const running = new AsyncLocalStorage<Span>();

  const start = (name: string, { kind, parent, links = [], attributes = {} }: SpanOptions): Span =>
    toSpan(
      tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          attributes,
          links: links.flatMap((link) => {
            const context = parseContext(link);
            return context === undefined ? [] : [{ context }];
          }),
        },
        toOtelContext(parent ?? running.getStore()?.context),
      ),
    );
  const within = <T>(span: Span, work: () => T): T => running.run(span, work);
  return {
    start,
    within,
    current: () => running.getStore(),
    async trace(name, options, work) {
      const span = start(name, options);
      try {
        return await within(span, () => work(span));
      } catch (error) {
        span.fail('unexpected');
        throw error;
      } finally {
        span.end();
      }
    },
    async close() {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref());
      // A collector that is away must not keep a process from stopping.
      await Promise.race([provider.shutdown().catch(() => undefined), limit]);
    },
  };
}

function toSpan(span: OtelSpan): Span {
  return {
    context: toTraceContext(span.spanContext()),
    set: (attributes) => void span.setAttributes(attributes),
    fail: (type) => {
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}

function toTraceContext({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const tracestate = traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}

function toOtelContext(parent: TraceContext | undefined): Context {
  const context = parent === undefined ? undefined : parseContext(parent);
  return context === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
}

/** W3C Trace Context §3.2; undefined for what is none. A version that is not known yet is read as far as it is. */
function parseContext({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  const context: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  if (!isSpanContextValid(context)) return undefined;
  return tracestate === undefined ? context : { ...context, traceState: createTraceState(tracestate) };
}
