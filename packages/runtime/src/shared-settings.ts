import { z } from 'zod';
import { flag, integer } from './env.js';

/** Longest lifetime of anything in Redis, in ms: 30 days. */
const MAX_LIFETIME_MS = 30 * 86_400_000;

/** Settings that every process has. Spread into its schema. */
export const PROCESS_SETTINGS = {
  MILLRACE_HOST: z.string().default('127.0.0.1').meta({
    description:
      'Address to listen on. Anything but a loopback address can be reached by others; producer and operator then want a key.',
    bounds: 'an address or a name',
  }),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
};

/** Settings of every process that reads the configuration folder, or files of keys. */
export const CONFIG_SETTINGS = {
  MILLRACE_CONFIG: z.string().default('config').meta({
    description:
      'Where `routes.yaml` and `servers.yaml` are (consumer; the operator shows them) and the event schemas, in `schemas/` (producer; the operator checks against them what is sent again or by hand); seen from the working directory.',
    bounds: 'a folder',
  }),
  MILLRACE_CONFIG_POLL_MS: integer(0, 600_000).default(1_000).meta({
    description:
      'How often the consumer looks at that folder for changes, and producer and operator at their keys files. They are taken without a restart; on SIGHUP in any case.',
    also: '0 is never',
  }),
};

/** Settings of every process that asks callers for keys. */
export const ACCESS_SETTINGS = {
  MILLRACE_ALLOW_ANONYMOUS: flag()
    .default(false)
    .describe('Whether others may reach the service although it has no key.'),
};

/** Settings of every process that takes events. */
export const APPEND_SETTINGS = {
  MILLRACE_MAX_BACKLOG: integer(1, 1_000_000_000)
    .default(1_000_000)
    .describe('Open work, in entries and waiting deliveries, beyond which new events are refused with 503.'),
  MILLRACE_MAX_EVENT_BYTES: integer(1_024, 4 * 1024 * 1024)
    .default(256 * 1024)
    .describe('Largest event that is taken; a larger one is refused with 413.'),
  MILLRACE_APPEND_DEADLINE_MS: integer(100, 60_000)
    .default(2_500)
    .describe('Longest time an append may take before the sender is told with 503 to come back.'),
};

/** Settings of every process that takes part in traces. The names are OpenTelemetry's. */
export const TRACE_SETTINGS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://collector:4318' })
    .optional()
    .meta({
      description:
        'Base URL of an OpenTelemetry collector that speaks OTLP over HTTP; spans go to `/v1/traces` below it. Without it there are no traces.',
      bounds: 'a URL, http or https',
    }),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[^=,\s]+=[^,]*(,\s*[^=,\s]+=[^,]*)*$/, 'must be name=value, several separated by commas')
    .optional()
    .meta({ description: 'Headers for the collector.', bounds: '`name=value`, separated by commas' }),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number('must be a number from 0 to 1')
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'Share of the traces that begin here and are kept. What a caller began is kept or dropped as the caller decided.',
    ),
  OTEL_SDK_DISABLED: flag().default(false).describe('No traces, whatever else is set.'),
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
    .default('redis://127.0.0.1:6379')
    .meta({
      description:
        'Redis 7.0 or newer, or Valkey 8 or newer, with `maxmemory-policy noeviction`; user and password go into the URL. Where it is set, `npm start` starts no Redis of its own.',
      bounds: 'begins `redis://` or, for TLS, `rediss://`',
    }),
  REDIS_CLUSTER_NODES: z.string().regex(ADDRESSES, 'must be host:port, several separated by commas').optional().meta({
    description:
      'Some nodes of a Redis Cluster; each knows the others. `REDIS_URL` then says user, password and whether there is TLS, with any of the nodes as its host. [Operations](operations.md#redis-cluster) has the rest.',
    bounds: '`host:port`, several separated by commas; not with `REDIS_SENTINELS`',
  }),
  REDIS_SENTINELS: z.string().regex(ADDRESSES, 'must be host:port, several separated by commas').optional().meta({
    description:
      'The Sentinels in front of Redis. They are asked for the primary at each connect; the host in `REDIS_URL` is then the name under which they watch it: `redis://user:password@mymaster`. [Operations](operations.md#redis-with-replicas) has the rest.',
    bounds: '`host:port`, several separated by commas',
  }),
  REDIS_SENTINEL_PASSWORD: z.string().optional().meta({
    description: 'The password that the Sentinels themselves ask for.',
    bounds: 'a secret; wants `REDIS_SENTINELS`',
  }),
  REDIS_TLS_CA: z
    .string()
    .regex(
      /-----BEGIN CERTIFICATE-----/,
      'must be certificates in PEM; for the path of a file of them there is REDIS_TLS_CA_FILE',
    )
    .optional()
    .meta({
      description:
        'Certificates of the authorities that are trusted for TLS, in place of the well-known ones; mostly given as `REDIS_TLS_CA_FILE`. [Operations](operations.md#redis-with-tls-and-users) shows how to make one.',
      bounds: 'certificates in PEM; `REDIS_URL` then begins `rediss://`',
    }),
  MILLRACE_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
    .default('millrace')
    .meta({
      description: 'Beginning of every key in Redis, so that several deployments can share one.',
      bounds: '1 to 64 letters, digits, `-` or `_`',
    }),
  MILLRACE_PARTITIONS: integer(1, 4_096)
    .default(1)
    .describe(
      'Into how many partitions a new deployment divides its events. The first process writes it into Redis, and what stands there counts from then on: another number here is a warning in the log and in `millrace_partitions`.',
    ),
  MILLRACE_DURABILITY: z
    .enum(['memory', 'fsync', 'replicated'])
    .default('fsync')
    .describe(
      'What every accepted event survives. `memory`: a crash of ours. `fsync`: a crash of Redis and of its machine too. `replicated`: their loss. A Redis that is not configured for it is refused, at the start and whenever a connection leads to one later. [Guarantees](guarantees.md#what-survives-what) says what each asks of Redis.',
    ),
  MILLRACE_REPLICAS: integer(1, 16)
    .default(1)
    .describe('How many replicas must have a write before it counts as made. With `replicated` alone.'),
  MILLRACE_ENTRY_FORMAT: z
    .enum(['1', '2'])
    .default('2')
    .describe(
      'The format in which events are written into the stream, and the shortest records; both are read. 1 while processes are about that read no other, and for a while before a release is gone back to that does not: [operations](operations.md#upgrading).',
    ),
  MILLRACE_IDENTITY_TTL_MS: integer(1_000, MAX_LIFETIME_MS).default(3_600_000).meta({
    description: 'How long a repeat of an event is recognised after the event is finished.',
    also: 'at most `MILLRACE_RECORD_TTL_MS`',
  }),
  MILLRACE_RECORD_TTL_MS: integer(1_000, MAX_LIFETIME_MS)
    .default(86_400_000)
    .describe('How long a record can be read after its event is finished.'),
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
    /** In which format entries are written. */
    entryFormat: values.MILLRACE_ENTRY_FORMAT === '1' ? (1 as const) : (2 as const),
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
