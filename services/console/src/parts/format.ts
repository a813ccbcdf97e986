const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A count with its thousands apart: `12,408`. */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** A rate that is readable at any size: `0.4`, `12.5`, `1,240`. */
export function formatRate(perSecond: number): string {
  return perSecond < 100 ? tenths.format(perSecond) : whole.format(perSecond);
}

/** Bytes in the unit that leaves one to four digits. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${tenths.format(bytes / 1024 ** at)} ${units[at]}`;
}

/** Money in the currency of the prices, which nobody tells: four digits of what is small. */
export function formatCost(cost: number): string {
  return cost < 1 ? String(Number(cost.toPrecision(4))) : cost.toFixed(2);
}

/** `1 event`, `2 events`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
