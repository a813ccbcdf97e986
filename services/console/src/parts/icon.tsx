import type { JSX } from 'preact';

/** Outlines on a grid of 16. Each shape stands for one thing everywhere. */
const SHAPES = {
  overview: 'M2 13h12M4 10.5V7m4 3.5V3m4 7.5V6',
  live: 'M1.5 8h3l2-5 3 10 2-5h3',
  events: 'M3 4h10M3 8h10M3 12h6',
  letters: 'M2 4.5h12v8H2zM2.5 5 8 9l5.5-4',
  approvals: 'M6.2 6a1.9 1.9 0 1 1 2.6 1.8c-.6.3-.8.7-.8 1.4M8 11.6v.1M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8Z',
  routes: 'M3.5 3.5h3c4 0 2 9 6 9M10.5 10l2.5 2.5-2.5 2.5M10 1.5l2.5 2-2.5 2M6.5 12.5h-3M12 3.5h-1.5',
  servers: 'M2.5 2.5h11v4.5h-11zM2.5 9h11v4.5h-11zM5 4.8h.1M5 11.2h.1',
  consumers: 'M8 8.2a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2ZM3 14c.4-2.6 2.4-4 5-4s4.6 1.4 5 4',
  memory:
    'M3 4.5C3 3.1 5.2 2 8 2s5 1.1 5 2.5S10.8 7 8 7 3 5.9 3 4.5ZM3 4.5v7C3 12.9 5.2 14 8 14s5-1.1 5-2.5v-7M3 8c0 1.4 2.2 2.5 5 2.5S13 9.4 13 8',
  audit: 'M4 1.8h8v12.4H4zM6 5h4M6 8h4M6 11h2.5',
  system:
    'M8 10.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5 14 14',
  menu: 'M2 4h12M2 8h12M2 12h12',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.5 9.8A5.8 5.8 0 0 1 6.2 2.5a5.8 5.8 0 1 0 7.3 7.3Z',
  screen: 'M2 3h12v8H2zM6 14h4M8 11v3',
  done: 'M3 8.5 6.5 12 13 4.5',
  running: 'M5 3.5v9l7-4.5z',
  waiting: 'M8 12.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Z',
  retrying: 'M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3',
  parked: 'M5.5 3.5v9M10.5 3.5v9',
  dead: 'M4 4l8 8M12 4l-8 8',
  expired: 'M3.5 8h9',
  scheduled: 'M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM8 5v3.2l2 1.3',
  warn: 'M8 2 14.5 13.5h-13zM8 6.5v3M8 11.6v.1',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  close: 'M4 4l8 8M12 4l-8 8',
  arrow: 'M3 8h10M9 4l4 4-4 4',
  back: 'M13 8H3M7 4 3 8l4 4',
  up: 'M8 13V3M4 7l4-4 4 4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5v9l7-4.5z',
  tool: 'M10 2.2a3.4 3.4 0 0 0-3.2 4.6L2.2 11.4l2.4 2.4 4.6-4.6A3.4 3.4 0 0 0 13.6 5l-2 2-2.4-.4L8.8 4.2z',
} as const;

/** The name of a shape. */
export type IconName = keyof typeof SHAPES;

/** A shape beside a word that says the same: whoever does not see it misses nothing. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={SHAPES[name]} />
    </svg>
  );
}
