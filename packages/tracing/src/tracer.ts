/** Where spans go. */
export interface TraceSettings {
  /** The base URL of a collector that speaks OTLP over HTTP; spans go to `/v1/traces` below it. Undefined: nowhere. */
  readonly endpoint: string | undefined;
  /** Sent along to the collector. */
  readonly headers: Readonly<Record<string, string>>;
  /** Share of the traces that begin here and are kept, 0 to 1. What others have begun is kept as they decided. */
  readonly ratio: number;
}

/** Where a span belongs, as W3C Trace Context has it in headers and event attributes. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** OpenTelemetry's kinds: who asks (client, producer), who is asked (server, consumer), or neither. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export interface SpanOptions {
  readonly kind: SpanKind;
  /** What it is part of. What is no valid context is passed over. Default: the span that the caller is running in, if any. */
  readonly parent?: TraceContext | undefined;
  /** What else led to it. */
  readonly links?: readonly TraceContext[];
  /** Names, numbers and short words; never content, never secrets. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** One step of a trace. */
export interface Span {
  /** What to hand on, so that others continue here. */
  readonly context: TraceContext;
  set(attributes: Readonly<Record<string, string | number | boolean>>): void;
  /** Marks it failed. `type` is a code or a class, never a message. */
  fail(type: string): void;
  /** Call it once. */
  end(): void;
}

/** Makes spans and sends them to a collector, in the background and in bounded memory: what it cannot send it drops. */
export interface Tracer {
  start(name: string, options: SpanOptions): Span;
  /** Runs work so that spans which it starts, however deep, are children of this one. Does not end the span. */
  within<T>(span: Span, work: () => T): T;
  /** Starts a span, runs work within it, and ends it when the work has ended; `unexpected` is its failure if that rejects. */
  trace<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** The span that the caller runs in. */
  current(): Span | undefined;
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
}
