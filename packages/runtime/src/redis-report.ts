import type { Gauge } from 'prom-client';
import type { Logger } from './logger.js';

/**
 * Says aloud when Redis ceases to keep what the durability promises, and when it does so again. Until then the process
 * promises nothing; an operator has to act.
 */
export function createRedisReport(logger: Logger, unfit: Pick<Gauge, 'set'>): (problems: readonly string[]) => void {
  return (problems) => {
    unfit.set(problems.length === 0 ? 0 : 1);
    if (problems.length === 0) logger.info('Redis keeps what is promised again');
    else
      logger.error({ problems }, 'Redis does not keep what is promised: nothing is accepted or started until it does');
  };
}
