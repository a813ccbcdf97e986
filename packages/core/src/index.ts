export { describeError, type ErrorFacts, PlatformError, type PlatformErrorOptions } from './errors.js';
export { nextDelayMs, type RetryPolicy } from './retry-policy.js';
export { shuffle } from './shuffle.js';
export { sleep, withDeadline } from './time.js';
