import type { HttpClient } from '../http-client.js';
import type { ProcessTable } from './process-table.js';

/** What a run works with. */
export interface VerifyParts {
  readonly producer: HttpClient;
  readonly operator: HttpClient;
  readonly witnesses: readonly HttpClient[];
  /** The scripted model; undefined where no route under test asks one. */
  readonly model: HttpClient | undefined;
  /** Undefined where no process may be touched. */
  readonly processes: ProcessTable | undefined;
  /** Unlike that of any run before: events of earlier runs are no repeats of these. */
  readonly runId: string;
  readonly say: (line: string) => void;
}
