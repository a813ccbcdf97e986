export { openTracer } from './open-tracer.js';
export type { Span, SpanKind, SpanOptions, TraceContext, Tracer, TraceSettings } from './tracer.js';
