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

/** The lowest and the highest id of entries, as the ends of a range; of none, the ends of the stream. */
export function rangeOf(
  these: readonly { readonly entry: { readonly id: string } }[],
): [lowestId: string, highestId: string] {
  const [first, ...others] = these;
  let lowest = first?.entry.id ?? '-';
  let highest = first?.entry.id ?? '+';
  for (const { entry } of others) {
    if (compareEntryIds(entry.id, lowest) < 0) lowest = entry.id;
    else if (compareEntryIds(entry.id, highest) > 0) highest = entry.id;
  }
  return [lowest, highest];
}
