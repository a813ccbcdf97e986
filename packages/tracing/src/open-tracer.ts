import type { Tracer, TraceSettings } from './tracer.js';

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
