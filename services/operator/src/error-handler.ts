import type { Violations } from '@millrace/config-files';
import type { PlatformError } from '@millrace/core';
import type { EventError } from '@millrace/events';
import type { Problem } from '@millrace/runtime';
import { type AppendResult, StreamError } from '@millrace/stream-client';

/** Callers come back after this long, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/** What a caller is told about an error of ours. Undefined: nothing a caller does may cause it. */
export function problemFor(error: PlatformError): Problem | undefined {
  if (!(error instanceof StreamError)) return undefined;
  const detail = 'Redis did not answer; what was asked may or may not have been done, look before asking again';
  return { status: 503, code: error.code, detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
}

/** The refusal of a ref that never was, or whose record has expired. */
export function recordNotFound(): Problem {
  return { status: 404, code: 'RECORD_NOT_FOUND', detail: 'no event has this ref, or its record has expired' };
}

/** The refusal of a route that an event does not have, or of an event that does not exist. */
export function deliveryNotFound(): Problem {
  return { status: 404, code: 'DELIVERY_NOT_FOUND', detail: 'there is no such event, or it does not take this route' };
}

/** The refusal of an id under which there is no dead letter: there never was, or somebody was faster. */
export function deadLetterNotFound(): Problem {
  const detail = 'there is no dead letter with this id; it may have been redriven or given up meanwhile';
  return { status: 404, code: 'DEAD_LETTER_NOT_FOUND', detail };
}

/** The refusal of an id under which nothing waits for an answer: there never was, or somebody was faster, or it expired. */
export function approvalNotFound(): Problem {
  const detail = 'nothing of this id waits for an answer; it may have been answered, cancelled or expired meanwhile';
  return { status: 404, code: 'APPROVAL_NOT_FOUND', detail };
}

/** The refusal of an answer to what is not asked any more: the same delivery asks something else. */
export function approvalChanged(): Problem {
  const detail = 'it asks something else by now than what was answered; look at it again';
  return { status: 409, code: 'APPROVAL_CHANGED', detail };
}

/** The refusal of the id of a context of which nothing is remembered. */
export function contextNotFound(): Problem {
  return { status: 404, code: 'CONTEXT_NOT_FOUND', detail: 'nothing is remembered of a context with this id' };
}

/** The refusal of a name that no configuration has which a consumer works under, or worked under lately. */
export function nameNotFound(kind: 'route' | 'server'): Problem {
  const detail = `no ${kind} is called so in any configuration that consumers have announced`;
  return { status: 404, code: `${kind.toUpperCase()}_NOT_FOUND`, detail };
}

/** The refusal of one pause more than there may be. */
export function pausesFull(): Problem {
  return { status: 409, code: 'PAUSES_FULL', detail: '1,000 routes and servers are paused; resume some of them first' };
}

/** The refusal to send round again what no consumer can read. */
export function notRedrivable(): Problem {
  const detail = 'the entry could not be decoded, and would not be the second time either; it can only be given up';
  return { status: 409, code: 'DEAD_LETTER_NOT_REDRIVABLE', detail };
}

/** The refusal of a cursor that nobody was given. */
export function cursorInvalid(): Problem {
  return { status: 400, code: 'CURSOR_INVALID', detail: 'the cursor is not one that was given here' };
}

/** The refusal of a second job while one is running. */
export function jobRunning(jobId: string): Problem {
  const detail = `job ${jobId} is running; one job at a time: wait for its end, or cancel it`;
  return { status: 409, code: 'JOB_RUNNING', detail, members: { job: jobId } };
}

/** The refusal of a purge whose caller expects another count than there is. */
export function countChanged(matched: number): Problem {
  const detail = `the filter accepts ${matched} dead letter(s) now; look again at what they are`;
  return { status: 409, code: 'COUNT_CHANGED', detail, members: { matched } };
}

/** The refusal of a filter that is too costly to be counted. */
export function filterTooWide(maxScanned: number): Problem {
  const detail = `more than ${maxScanned} dead letters would have to be looked at; narrow the filter with since and until`;
  return { status: 422, code: 'FILTER_TOO_WIDE', detail };
}

/** The refusal of a job that never was, or ended too long ago. */
export function jobNotFound(): Problem {
  return { status: 404, code: 'JOB_NOT_FOUND', detail: 'there is no such job here, or it ended more than a week ago' };
}

/** The refusal to cancel what is over. */
export function jobFinished(): Problem {
  return { status: 409, code: 'JOB_FINISHED', detail: 'the job has ended already' };
}

/** The refusal of a search while as many as may are going on. */
export function tooManySearches(): Problem {
  const detail = 'too many searches are going on; come back when one of them has ended';
  return { status: 503, code: 'TOO_MANY_SEARCHES', detail, retryAfterSeconds: 1 };
}

/** The refusal of one more reader of the live stream. */
export function tooManyStreams(): Problem {
  const detail = 'too many live streams are open; close one, or come back';
  return { status: 503, code: 'TOO_MANY_STREAMS', detail, retryAfterSeconds: 5 };
}

/** The answer while nobody has counted: at the very start, or while Redis is away. */
export function notCounted(): Problem {
  const detail = 'the work has not been counted yet; Redis may be away';
  return { status: 503, code: 'STREAM_UNAVAILABLE', detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
}

/** The refusal of a number of partitions that there cannot be. */
export function partitionsRefused(detail: string): Problem {
  return { status: 422, code: 'PARTITIONS_REFUSED', detail };
}

/** The refusal to change the number of partitions while it is being changed. */
export function changeUnderWay(wanted: number): Problem {
  const detail = `a change to ${wanted} partitions is under way or has just been made; look, and ask again`;
  return { status: 409, code: 'PARTITIONS_CHANGING', detail };
}

/** The refusal to change the number of partitions under a configuration that would not be kept. */
export function changeHindered(problems: readonly string[]): Problem {
  const errors = problems.map((detail) => ({ pointer: '/partitions', detail }));
  return { status: 409, code: 'PARTITIONS_HINDERED', detail: problems.join('; '), errors };
}

/** The refusal of an act of somebody who may only look. */
export function roleTooLow(name: string): Problem {
  return { status: 403, code: 'ROLE_TOO_LOW', detail: `${name} may look, and steer nothing` };
}

/** The refusal to try a route whose text is not here, or is broken. */
export function routeNotReadable(why: string): Problem {
  return { status: 409, code: 'ROUTE_NOT_READABLE', detail: `the route cannot be tried: ${why}` };
}

/** The refusal of an event of which the record alone is left. */
export function eventTrimmed(): Problem {
  return { status: 409, code: 'EVENT_TRIMMED', detail: 'the event was trimmed before its time; its record is left' };
}

/** The refusal of a try while as many as may are going on. */
export function tooManyTries(): Problem {
  const detail = 'too many routes are being tried; come back when one of them has ended';
  return { status: 503, code: 'TOO_MANY_TRIES', detail, retryAfterSeconds: 1 };
}

/** The refusal of what is no event: sent by hand, or as a replay is edited. */
export function editRefused({ code, message, problems }: Pick<EventError, 'code' | 'message' | 'problems'>): Problem {
  return { status: 400, code, detail: message, errors: problems };
}

/** The refusal of an event, sent by hand or again, whose data the schema of its type does not allow. */
export function schemaMismatch(type: string, { count, first }: Violations): Problem {
  const listed = count > first.length ? `; the first ${first.length} are listed` : '';
  const detail = `the data do not match the schema of ${type}: ${count} problem(s)${listed}`;
  return { status: 422, code: 'EVENT_SCHEMA_MISMATCH', detail, errors: first };
}

/** The refusal to send anything, by hand or again, while its data cannot be checked. */
export function schemasNotReadable(why: string): Problem {
  const detail = `the event schemas of the configuration folder cannot be used, and nothing is sent unchecked: ${why}`;
  return { status: 409, code: 'SCHEMAS_NOT_READABLE', detail };
}

/** The refusal of an event, sent by hand or again, that the stream did not take: nothing was written. */
export function notAppended(result: Exclude<AppendResult, { kind: 'accepted' | 'duplicate' }>): Problem {
  switch (result.kind) {
    case 'conflict': {
      const detail = 'an event with this source and id was accepted with other content; its ref is given';
      return { status: 409, code: 'EVENT_CONFLICT', detail, members: { ref: result.ref } };
    }
    case 'backlog-full': {
      const detail = `${result.limit} deliveries or more are open, which is the limit; nothing was sent`;
      return { status: 503, code: 'STREAM_BACKLOG_FULL', detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
    }
    case 'memory-high': {
      const detail = 'Redis is nearly full, and what it holds needs the rest; nothing was sent';
      return { status: 503, code: 'STREAM_MEMORY_HIGH', detail, retryAfterSeconds: RETRY_AFTER_SECONDS };
    }
  }
}

/** The refusal of an edit with marks in it that stand for nothing. */
export function marksLeft(): Problem {
  const detail = '[redacted] stands where nothing is hidden in the event; say what is to stand there';
  return {
    status: 400,
    code: 'EDIT_HAS_MARKS',
    detail,
    errors: [{ pointer: '/data', detail: 'has [redacted] in it' }],
  };
}

/** The refusal of a replay under a type in whose events less is hidden. */
export function wouldUncover(): Problem {
  const detail = 'under this type the new event would show what is hidden from you in the first; give other data too';
  return { status: 403, code: 'WOULD_UNCOVER', detail };
}
