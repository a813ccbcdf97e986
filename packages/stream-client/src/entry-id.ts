/** Orders entry ids as the stream does: by ms, then by sequence. Below 0: a comes first. */
export function compareEntryIds(a: string, b: string): number {
  const aDash = a.indexOf('-');
  const bDash = b.indexOf('-');
  // Of the same lengths, as nearly all are, they order as text does.
  if (aDash === bDash && a.length === b.length) return a < b ? -1 : a > b ? 1 : 0;
  return (
    Number(a.slice(0, aDash)) - Number(b.slice(0, bDash)) || Number(a.slice(aDash + 1)) - Number(b.slice(bDash + 1))
  );
}
