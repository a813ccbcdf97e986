import { dirname, join } from 'node:path';
import { findAll, listFiles, readText } from './repository.js';

/** One file's import of one module. */
export interface SourceImport {
  /** The workspace folder it is in: `packages/core`, `examples`. */
  readonly from: string;
  readonly file: string;
  /** As it is written; relative ones as the path in the repository that they lead to. */
  readonly target: string;
}

const IMPORT = /\b(?:from|import) *\(? *'([^'\n]+)'/g;

/** Every import of every TypeScript file below some folders, by its text; type-only and dynamic ones too. */
export function listImports(...folders: readonly string[]): readonly SourceImport[] {
  const files = listFiles().filter((file) => /\.tsx?$/.test(file) && folders.some((one) => file.startsWith(`${one}/`)));
  return files.flatMap((file) =>
    findAll(readText(file), IMPORT).map((target) => ({
      from: workspaceOf(file),
      file,
      target: target.startsWith('.') ? join(dirname(file), target) : target,
    })),
  );
}

/** The folder of the workspace package that a path is in. */
export function workspaceOf(path: string): string {
  return /^(?:packages|services)\/[^/]+|^[^/]+/.exec(path)?.[0] ?? '';
}
