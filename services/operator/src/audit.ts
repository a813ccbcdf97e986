import type { Logger } from '@millrace/runtime';
import { type Act, recordAct, type Stream, StreamError } from '@millrace/stream-client';

/** Notes what somebody has done. Called after it is done: whether noting succeeds changes nothing about the act. */
export type Audit = (act: Act) => Promise<void>;

/**
 * Writes acts to the log and to the audit list. While Redis is away the log alone has them, and says so. What somebody wrote,
 * a note or the words to look for, may be taken from an event: it is in the list, and not in the log.
 */
export function createAudit(stream: Stream, logger: Logger): Audit {
  return async (act) => {
    const { note: _, ...facts } = act;
    logger.info({ ...facts, target: withoutWords(act.target) }, 'steered');
    try {
      await recordAct(stream, act);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      logger.warn({ err: error, action: act.action, target: act.target }, 'the audit list does not have this act');
    }
  };
}

/** The target of a job is its filter, as JSON. */
function withoutWords(target: string): string {
  return target.replace(/"text":"(?:[^"\\]|\\.)*"/, '"text":"…"');
}
