import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The parts of `npm start` that write down what runs, so that `verify` reads here what it reads there. */
export interface WrittenProcesses {
  /** Replaces what is written at `path`. */
  readonly rememberProcesses: (path: string, running: readonly { name: string; pid: number }[]) => void;
  /** Undefined when no such process runs. */
  readonly processIdentity: (pid: number) => string | undefined;
}

export async function loadWrittenProcesses(): Promise<WrittenProcesses> {
  const parts = await Promise.all(
    ['system/leftovers', 'process-identity'].map((name): Promise<unknown> => import(`${root}/scripts/${name}.mjs`)),
  );
  return Object.assign({}, ...parts) as WrittenProcesses;
}
