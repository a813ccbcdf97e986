import type { Pause, ServersSeen, StreamSample } from '@millrace/stream-client';
import { CONSUMER_ALIVE_MS } from '../sampler.js';
import { serversAsSeen } from '../servers-as-seen.js';
import { type Check, checked } from './check.js';

/** An entry that is held for longer than this, in ms, is worth a look. */
const MAX_PENDING_AGE_MS = 10 * 60_000;
/** What goes on in another partition is there within a second. */
const MAX_DEPARTING_AGE_MS = 60_000;

/** What is to be said about the work: who does it, whether it goes on, and what waits for a person. */
export function checkFlow(sample: StreamSample, seen: readonly ServersSeen[], pauses: readonly Pause[]): Check[] {
  return [
    checked('group', `${sample.pending} pending, ${sample.lag ?? 'an unknown number'} unread`),
    checkConsumers(sample),
    checkConservation(sample),
    checkPending(sample),
    checkOutbox(sample),
    checkServers(seen),
    checkPauses(pauses),
    checkDeadLetters(sample),
    checkParked(sample),
  ];
}

function checkConsumers({ consumers, ready }: StreamSample): Check {
  const alive = consumers.filter(({ idleMs }) => idleMs <= CONSUMER_ALIVE_MS).length;
  const found = `no consumer was heard of for a minute, ${ready} pieces of work wait for one`;
  const mend = 'start a consumer; one that ends at once says why in its log';
  return checked('consumers', `${alive} alive`, alive === 0 ? { found, mend } : undefined);
}

function checkConservation({ unaccounted = 0, trimmedUnread }: StreamSample): Check {
  const found =
    trimmedUnread > 0
      ? `${trimmedUnread} entries were removed before anybody read them`
      : `the backlog and what is found differ by ${unaccounted}`;
  const mend =
    'find out what else writes to the stream or removes from it (ACL users keep others out), and compare what was sent with the records';
  const isOff = unaccounted !== 0 || trimmedUnread > 0;
  return checked('conservation', 'all that was accepted is accounted for', isOff ? { found, mend } : undefined);
}

function checkPending({ oldestPendingAgeMs }: StreamSample): Check {
  const found = `the oldest pending entry is ${Math.round(oldestPendingAgeMs / 1_000)} s old`;
  const mend =
    'look whether its tool is slow (servers list) or its consumer hangs (consumers list); restart that consumer';
  return checked('pending', found, oldestPendingAgeMs > MAX_PENDING_AGE_MS ? { found, mend } : undefined);
}

function checkOutbox({ departing, oldestDepartingAgeMs }: StreamSample): Check {
  const found = `${departing} are to go on in other partitions, the oldest for ${Math.round(oldestDepartingAgeMs / 1_000)} s`;
  const mend =
    'see whether all nodes of the cluster are there, and a consumer: its log names the partition that is held up';
  return checked('outbox', found, oldestDepartingAgeMs > MAX_DEPARTING_AGE_MS ? { found, mend } : undefined);
}

function checkServers(seen: readonly ServersSeen[]): Check {
  const servers = serversAsSeen(seen);
  const away = servers.filter(({ breaker }) => breaker !== 'closed').map(({ name }) => name);
  const found = `left alone for now: ${away.join(', ')}`;
  const mend = 'see whether the server answers (tools list), mend it or its address and credentials in servers.yaml';
  return checked('servers', `${servers.length} called`, away.length > 0 ? { found, mend } : undefined);
}

function checkPauses(pauses: readonly Pause[]): Check {
  const found = `paused: ${pauses.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`;
  const mend = 'when the reason is gone: routes resume, servers resume; pauses list has who and why';
  return checked('pauses', 'nothing is paused', pauses.length > 0 ? { found, mend } : undefined);
}

function checkDeadLetters({ deadLetters }: StreamSample): Check {
  const found = `${deadLetters} wait for a decision`;
  const mend = 'dead-letters causes says of what; mend that, then dead-letters redrive';
  return checked('dead-letters', 'none', deadLetters > 0 ? { found, mend } : undefined);
}

function checkParked({ parked }: StreamSample): Check {
  const found = `${parked} wait for an answer, and expire without one`;
  const mend = 'approvals list, approvals answer';
  return checked('approvals', 'none', parked > 0 ? { found, mend } : undefined);
}
