export { runCli } from './program.js';
export { checkHistory } from './verify/check.js';
