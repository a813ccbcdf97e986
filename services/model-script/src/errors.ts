import { PlatformError } from '@millrace/core';
import type { Problem } from '@millrace/runtime';

/** MODEL_SCRIPTS_INVALID: the scripts sent are not scripts. */
export type ModelScriptErrorCode = 'MODEL_SCRIPTS_INVALID';

/** Somebody sent something unusable; `problems` says what. */
export class ModelScriptError extends PlatformError<ModelScriptErrorCode> {
  readonly problems: readonly { readonly pointer: string; readonly detail: string }[];

  constructor(problems: readonly { readonly pointer: string; readonly detail: string }[]) {
    super('MODEL_SCRIPTS_INVALID', `${problems.length} problem(s) in the scripts`, { details: { problems } });
    this.problems = problems;
  }
}

/** The refusal that stands for one of our errors; everything else is a bug. */
export function problemFor(error: PlatformError): Problem | undefined {
  if (!(error instanceof ModelScriptError)) return undefined;
  return { status: 400, code: error.code, detail: error.message, errors: error.problems };
}
