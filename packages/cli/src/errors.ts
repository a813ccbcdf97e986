import { PlatformError } from '@millrace/core';

/** How the command ends, for scripts. Documented in docs/cli.md; never renumbered. */
export const EXIT = {
  /** Done; the guarantees held. */
  ok: 0,
  /** The answer is no: refused, not found, or a guarantee was broken. */
  no: 1,
  /** It cannot be told: no answer came to what may have been done, or there is not enough evidence. */
  unknown: 2,
  /** Nothing was tried: the command line is wrong, or nobody answers at the address. */
  unusable: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * - CLI_USAGE: the command line or the environment cannot be used. Exit 3.
 * - CLI_UNREACHABLE: nobody answers at an address, or not the service that was expected. Exit 3.
 * - CLI_REFUSED: the service said no. Exit 1.
 * - CLI_UNKNOWN: something may or may not have been done: the answer was lost, or it is the service that failed. Exit 2.
 */
export type CliErrorCode = 'CLI_USAGE' | 'CLI_UNREACHABLE' | 'CLI_REFUSED' | 'CLI_UNKNOWN';

/** A failure that the person at the terminal, or the script, can act on. The message is printed as it is. */
export class CliError extends PlatformError<CliErrorCode> {}

const EXIT_OF: Readonly<Record<CliErrorCode, ExitCode>> = {
  CLI_USAGE: EXIT.unusable,
  CLI_UNREACHABLE: EXIT.unusable,
  CLI_REFUSED: EXIT.no,
  CLI_UNKNOWN: EXIT.unknown,
};

/** The exit code for something thrown. What nobody expected tells nothing about what was done: unknown. */
export function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof CliError) return EXIT_OF[error.code];
  return error instanceof PlatformError && error.code === 'CONFIG_INVALID' ? EXIT.unusable : EXIT.unknown;
}
