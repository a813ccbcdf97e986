import type { HandlerLog } from '@millrace/handlers';

/** Where the lines of handlers go: a logger that knows the delivery already. */
export interface HandlerLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Characters of one line that are kept. */
const MAX_MESSAGE_LENGTH = 2_000;

/** The log of a handler, opened with its first line. Facts are in a member of their own, where they cannot be taken for ours. */
export function createHandlerLog(open: () => HandlerLogger): HandlerLog {
  let logger: HandlerLogger | undefined;
  const write =
    (level: keyof HandlerLogger) =>
    (message: string, facts?: Readonly<Record<string, unknown>>): void => {
      logger ??= open();
      logger[level](facts === undefined ? {} : { facts }, String(message).slice(0, MAX_MESSAGE_LENGTH));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
