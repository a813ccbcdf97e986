import type { ConsumerInfo, StreamSample } from '@millrace/stream-client';

/** What partitions hold together. The lag is known where every partition knows its own. */
export function sumSamples(samples: readonly StreamSample[]): StreamSample {
  const [only, ...others] = samples;
  if (only !== undefined && others.length === 0) return only;
  const sum = (of: (sample: StreamSample) => number) => samples.reduce((total, sample) => total + of(sample), 0);
  const isLagKnown = samples.every(({ lag }) => lag !== undefined);
  return {
    length: sum(({ length }) => length),
    backlog: sum(({ backlog }) => backlog),
    accepted: sum(({ accepted }) => accepted),
    pending: sum(({ pending }) => pending),
    ...(isLagKnown ? { lag: sum(({ lag = 0 }) => lag), unaccounted: sum(({ unaccounted = 0 }) => unaccounted) } : {}),
    trimmedUnread: sum(({ trimmedUnread }) => trimmedUnread),
    oldestPendingAgeMs: samples.reduce((oldest, one) => Math.max(oldest, one.oldestPendingAgeMs), 0),
    retrying: sum(({ retrying }) => retrying),
    parked: sum(({ parked }) => parked),
    queued: sum(({ queued }) => queued),
    departing: sum(({ departing }) => departing),
    oldestDepartingAgeMs: samples.reduce((oldest, one) => Math.max(oldest, one.oldestDepartingAgeMs), 0),
    deadLetters: sum(({ deadLetters }) => deadLetters),
    ready: sum(({ ready }) => ready),
    consumers: joinConsumers(samples),
  };
}

/** Each consumer once: what it holds in all partitions, and when any of them heard of it last. */
function joinConsumers(samples: readonly StreamSample[]): ConsumerInfo[] {
  const known = new Map<string, ConsumerInfo>();
  for (const { consumers } of samples) {
    for (const { name, pending, idleMs } of consumers) {
      const before = known.get(name) ?? { name, pending: 0, idleMs: Number.POSITIVE_INFINITY };
      known.set(name, { name, pending: before.pending + pending, idleMs: Math.min(before.idleMs, idleMs) });
    }
  }
  return [...known.values()];
}
