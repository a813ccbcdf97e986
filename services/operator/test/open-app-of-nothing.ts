import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import type { Partitions } from '@millrace/stream-client';
import type { OperatorKey } from '../src/access/operator-keys.js';
import { createApp } from '../src/app.js';
import type { LiveFeed } from '../src/live/live-feed.js';
import type { Overview } from '../src/live/overview.js';
import type { PauseWatch } from '../src/live/pause-watch.js';
import type { Samples } from '../src/partitions/samples.js';
import { Redaction } from '../src/redaction/redaction.js';

/** An operator app with nothing behind it, for tests that ask for nothing but what it says by itself. */
export function openAppOfNothing({
  key,
  keys = [],
}: {
  readonly key?: string;
  readonly keys?: readonly OperatorKey[];
} = {}) {
  return createApp({
    config: {
      host: '127.0.0.1',
      key,
      keys,
      configDir: 'nowhere',
      maxEventBytes: 4_096,
      redaction: new Redaction([], 'everybody'),
    },
    partitions: { home: { settings: {} } } as Partitions,
    samples: {} as Samples,
    appender: { append: async () => ({ kind: 'memory-high' }) },
    readiness: { problems: () => [] },
    metrics: createMetrics(createRegistry()),
    registry: createRegistry(),
    logger: createLogger('operator', 'silent'),
    audit: async () => undefined,
    overview: {} as Overview,
    live: {} as LiveFeed,
    pauses: {} as PauseWatch,
    onJobStarted: () => undefined,
  });
}
