import type { Logger } from '@millrace/runtime';
import { type Act, recordAct, type Stream, StreamError } from '@millrace/stream-client';

/** Notes what somebody has done. Called after it is done: whether noting succeeds changes nothing about the act. */
export type Audit = (act: Act) => Promise<void>;

/** Writes acts to the log and to the audit list. While Redis is away the log alone has them, and says so. */
export function createAudit(stream: Stream, logger: Logger): Audit {
  return async (act) => {
    logger.info({ ...act }, 'steered');
    try {
      await recordAct(stream, act);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      logger.warn({ err: error, action: act.action, target: act.target }, 'the audit list does not have this act');
    }
  };
}
