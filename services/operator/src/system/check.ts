/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, for people. */
  readonly found: string;
  /** What to do about it; there where something is wrong. */
  readonly mend?: string;
}

/** A check of this name: what is wrong and how it is mended, or what is right. */
export function checked(name: string, right: string, wrong?: { readonly found: string; readonly mend: string }): Check {
  return wrong === undefined ? { name, ok: true, found: right } : { name, ok: false, ...wrong };
}
