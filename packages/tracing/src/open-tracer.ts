import type { Tracer } from './tracer.js';

/** Where spans go. */
export interface TraceSettings {
  /** The base URL of a collector that speaks OTLP over HTTP; spans go to `/v1/traces` below it. Undefined: nowhere. */
  readonly endpoint: string | undefined;
  /** Sent along to the collector. */
  readonly headers: Readonly<Record<string, string>>;
  /** Share of the traces that begin here and are kept, 0 to 1. What others have begun is kept as they decided. */
  readonly ratio: number;
}

/**
 * A tracer for this process; undefined where no collector is named, and then nothing of OpenTelemetry is even loaded. A
 * collector that is away costs spans, never anything else.
 */
export async function openTracer(service: string, settings: TraceSettings): Promise<Tracer | undefined> {
  const { endpoint } = settings;
  if (endpoint === undefined) return undefined;
  const { createOtlpTracer } = await import('./otlp-tracer.js');
  return createOtlpTracer(service, { ...settings, endpoint });
}
