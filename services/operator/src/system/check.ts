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

/** What was found at one of several places. */
export interface ChecksAt {
  readonly node: string;
  readonly checks: readonly Check[];
}

/** The same checks of several nodes as one each; what is wrong says at which of them. */
export function mergeChecks(all: readonly ChecksAt[]): readonly Check[] {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return first?.checks ?? [];
  return first.checks.map(({ name }) => {
    const own = all.flatMap(({ node, checks }) =>
      checks.filter((check) => check.name === name).map((check) => ({ ...check, found: `${node}: ${check.found}` })),
    );
    const wrong = own.filter(({ ok }) => !ok);
    const told = wrong.length > 0 ? wrong : own;
    const mend = wrong[0]?.mend;
    const found = told.map((check) => check.found).join('; ');
    return { name, ok: wrong.length === 0, found, ...(mend === undefined ? {} : { mend }) };
  });
}
