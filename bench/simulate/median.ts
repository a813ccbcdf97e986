/** The middle one; the higher of two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Of objects of one shape, whose leaves are numbers: the median of each of them. */
export function medianOf<Values extends object>(all: readonly Values[]): Values {
  const [first] = all;
  if (first === undefined) throw new Error('there is no median of nothing');
  const names = Object.entries(first).map(([name, like]) => {
    const values = all.map((one) => Reflect.get(one, name) as unknown);
    return [name, typeof like === 'number' ? median(values as number[]) : medianOf(values as object[])];
  });
  return Object.fromEntries(names) as Values;
}
