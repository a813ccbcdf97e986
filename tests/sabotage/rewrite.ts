/** A change of one place in the text of a built file, before it is loaded. */
export interface Rewrite {
  /** Path in the repository, as it is loaded: a module below `dist`, or a script below `lua`. */
  readonly file: string;
  /** Has to be there once, to the letter: a place that has moved is an error, and never a build that is not broken. */
  readonly find: string;
  readonly replace: string;
}

/** The setting that tells the load hook which rewrites to apply: a file with a `Build` in JSON. */
export const BUILD_SETTING = 'MILLRACE_TEST_BUILD';

/** What the load hook is told. */
export interface Build {
  readonly rewrites: readonly Rewrite[];
  /** The number of every rewrite that was applied appears here as an empty file. */
  readonly appliedDir: string;
}

/** Throws when the place is not there, or is there more than once. */
export function applyRewrite(text: string, { file, find, replace }: Rewrite): string {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places, and not one, that read: ${find}`);
  return text.split(find).join(replace);
}
