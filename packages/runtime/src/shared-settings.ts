import { z } from 'zod';
import { flag, integer } from './env.js';

/** Longest lifetime of anything in Redis, in ms: 30 days. */
const MAX_LIFETIME_MS = 30 * 86_400_000;

/** Settings that every process has. Spread into its schema. */
export const PROCESS_SETTINGS = {
  MILLRACE_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};

/** Settings of every process that takes part in traces. The names are OpenTelemetry's. */
export const TRACE_SETTINGS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://collector:4318' })
    .optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[^=,\s]+=[^,]*(,\s*[^=,\s]+=[^,]*)*$/, 'must be name=value, several separated by commas')
    .optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number('must be a number from 0 to 1').min(0).max(1).default(1),
  OTEL_SDK_DISABLED: flag().default(false),
};

type TraceValues = z.output<z.ZodObject<typeof TRACE_SETTINGS>>;

/** The trace settings by the names that `openTracer` has for them. */
export function toTraceSettings(values: TraceValues) {
  const pairs = (values.OTEL_EXPORTER_OTLP_HEADERS ?? '').split(',').map((pair) => pair.trim());
  return {
    endpoint: values.OTEL_SDK_DISABLED ? undefined : values.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: Object.fromEntries(
      pairs.filter(Boolean).map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
    ),
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
  };
}

/** `host:port`, several separated by commas; an IPv6 address in brackets. */
const ADDRESSES = /^(\[[0-9a-fA-F:.]+\]|[^\s,:[\]]+):\d{1,5}(,(\[[0-9a-fA-F:.]+\]|[^\s,:[\]]+):\d{1,5})*$/;

/** Settings of every process that uses the stream. They must be the same in all of them. */
export const STREAM_SETTINGS = {
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be a URL such as redis://host:6379' })
    .default('redis://127.0.0.1:6379'),
  REDIS_CLUSTER_NODES: z.string().regex(ADDRESSES, 'must be host:port, several separated by commas').optional(),
  REDIS_SENTINELS: z.string().regex(ADDRESSES, 'must be host:port, several separated by commas').optional(),
  REDIS_SENTINEL_PASSWORD: z.string().optional(),
  REDIS_TLS_CA: z
    .string()
    .regex(
      /-----BEGIN CERTIFICATE-----/,
      'must be certificates in PEM; for the path of a file of them there is REDIS_TLS_CA_FILE',
    )
    .optional(),
  MILLRACE_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
    .default('millrace'),
  MILLRACE_PARTITIONS: integer(1, 4_096).default(1),
  MILLRACE_DURABILITY: z.enum(['memory', 'fsync', 'replicated']).default('fsync'),
  MILLRACE_REPLICAS: integer(1, 16).default(1),
  MILLRACE_IDENTITY_TTL_MS: integer(1_000, MAX_LIFETIME_MS).default(3_600_000),
  MILLRACE_RECORD_TTL_MS: integer(1_000, MAX_LIFETIME_MS).default(86_400_000),
};

type StreamValues = z.output<z.ZodObject<typeof STREAM_SETTINGS>>;

/** The stream settings by the names that the stream client has for them. */
export function toStreamConfig(values: StreamValues) {
  return {
    redisUrl: values.REDIS_URL,
    /** Nodes of the Redis Cluster; when empty it is none. */
    clusterNodes: parseAddresses(values.REDIS_CLUSTER_NODES),
    /** Who is asked where the primary is; nobody when empty. */
    sentinels: parseAddresses(values.REDIS_SENTINELS),
    sentinelPassword: values.REDIS_SENTINEL_PASSWORD,
    /** Certificates in PEM that are trusted for TLS in place of the well-known ones. */
    tlsCa: values.REDIS_TLS_CA,
    namespace: values.MILLRACE_NAMESPACE,
    /** How many partitions a new deployment has. */
    partitions: values.MILLRACE_PARTITIONS,
    durability: values.MILLRACE_DURABILITY,
    /** How many replicas must have a write, where the durability is `replicated`. */
    replicas: values.MILLRACE_REPLICAS,
    /** How long a repeat of an event is recognised after the event is finished. */
    identityTtlMs: values.MILLRACE_IDENTITY_TTL_MS,
    /** How long a record can be read after its event is finished. */
    recordTtlMs: values.MILLRACE_RECORD_TTL_MS,
  };
}

/** Stream settings that contradict each other. */
export function findStreamProblems(values: StreamValues): string[] {
  const problems: string[] = [];
  if (values.REDIS_TLS_CA !== undefined && !values.REDIS_URL.startsWith('rediss://')) {
    problems.push('REDIS_TLS_CA: REDIS_URL must begin rediss://, or nothing is encrypted');
  }
  if (values.REDIS_CLUSTER_NODES !== undefined && values.REDIS_SENTINELS !== undefined) {
    problems.push('REDIS_CLUSTER_NODES: a Redis Cluster has no Sentinels, leave out REDIS_SENTINELS');
  }
  if (values.REDIS_CLUSTER_NODES !== undefined && !['', '/', '/0'].includes(new URL(values.REDIS_URL).pathname)) {
    problems.push('REDIS_CLUSTER_NODES: a Redis Cluster has one database, leave out the path of REDIS_URL');
  }
  if (values.REDIS_SENTINEL_PASSWORD !== undefined && values.REDIS_SENTINELS === undefined) {
    problems.push('REDIS_SENTINEL_PASSWORD: there is nobody to show it to, REDIS_SENTINELS is not set');
  }
  if (values.MILLRACE_IDENTITY_TTL_MS > values.MILLRACE_RECORD_TTL_MS) {
    problems.push(
      'MILLRACE_IDENTITY_TTL_MS: must not be longer than MILLRACE_RECORD_TTL_MS, a duplicate names its record',
    );
  }
  return problems;
}

function parseAddresses(list: string | undefined): { readonly host: string; readonly port: number }[] {
  return (list?.split(',') ?? []).map((address) => {
    const at = address.lastIndexOf(':');
    return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
  });
}
