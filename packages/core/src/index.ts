export { describeError, type ErrorFacts, PlatformError, type PlatformErrorOptions } from './errors.js';
export { Pigeonholes } from './pigeonholes.js';
export { Repetition } from './repetition.js';
export { nextDelayMs, type RetryPolicy } from './retry-policy.js';
export { shuffle } from './shuffle.js';
export { sleep, untilAborted, withDeadline } from './time.js';
