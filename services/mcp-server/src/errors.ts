import { PlatformError } from '@millrace/core';
import type { ProblemItem } from '@millrace/runtime';

/**
 * WITNESS_DAMAGED: the witness file has a line, other than a torn last one, that cannot be read; it proves nothing any
 * more. WITNESS_UNWRITABLE: a write to it failed; no call is answered from then on. FAULTS_INVALID: the fault rules
 * sent are not rules. QUERY_INVALID: a query parameter is out of bounds.
 */
export type MockErrorCode = 'WITNESS_DAMAGED' | 'WITNESS_UNWRITABLE' | 'FAULTS_INVALID' | 'QUERY_INVALID';

/** An error of the mock's own machinery. `problems` is empty unless somebody sent something unusable. */
export class MockError extends PlatformError<MockErrorCode> {
  readonly problems: readonly ProblemItem[];

  constructor(code: MockErrorCode, message: string, problems: readonly ProblemItem[] = [], cause?: unknown) {
    super(code, message, { details: { problems }, ...(cause === undefined ? {} : { cause }) });
    this.problems = problems;
  }
}
