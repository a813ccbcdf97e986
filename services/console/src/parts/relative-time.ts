const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** How far an instant is from now, in one unit: `12 s ago`, `in 3 min`, `now`. */
export function relativeTime(atMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - atMs);
  const unit = UNITS.find(([ms]) => distance >= ms);
  if (unit === undefined) return 'now';
  const [ms, name] = unit;
  const text = `${Math.floor(distance / ms)} ${name}`;
  return atMs > nowMs ? `in ${text}` : `${text} ago`;
}

/** A duration in one or two units: `840 ms`, `2.4 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return '< 1 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trimZero((ms / 1_000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  const [big, small] =
    ms < 3_600_000
      ? ([60_000, 1_000] as const)
      : ms < 86_400_000
        ? ([3_600_000, 60_000] as const)
        : ([86_400_000, 3_600_000] as const);
  const names = { 60000: 'min', 3600000: 'h', 86400000: 'd', 1000: 's' } as const;
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)} ${names[big]}${rest === 0 ? '' : ` ${rest} ${names[small]}`}`;
}

function trimZero(text: string): string {
  return text.replace(/\.?0+$/, '');
}
