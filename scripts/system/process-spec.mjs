/**
 * @typedef {object} ProcessSpec
 * @property {string} name unique; also names the log file
 * @property {number} stopOrder processes with the lowest stop first, those with the same number together
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} env
 * @property {boolean} announces sends `{ type: 'ready', port }` over its channel when it is ready
 * @property {(port: number | undefined) => Promise<boolean>} isReady asked after the announcement; has a limit of its own
 * @property {() => Promise<void>} [cleanUp] before each start and after the end: what the process may leave behind
 *
 * @typedef {object} Timing
 * @property {number} readyLimitMs a start that takes longer has failed
 * @property {number} firstDelayMs before the first restart; doubles with each
 * @property {number} maxDelayMs
 * @property {number} resetAfterMs alive for this long, it starts again with the first delay
 * @property {number} stopLimitMs between SIGTERM and SIGKILL
 */

/** @type {Timing} */
export const TIMING = {
  readyLimitMs: 60_000,
  firstDelayMs: 500,
  maxDelayMs: 10_000,
  resetAfterMs: 2_000,
  stopLimitMs: 10_000,
};
