export { openTracer, type TraceSettings } from './open-tracer.js';
export type { Span, SpanKind, SpanOptions, TraceContext, Tracer } from './tracer.js';
