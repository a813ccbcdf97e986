import type { IconName } from '../parts/icon';

/** A screen as the navigation has it. */
export interface ScreenEntry {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  /** Pressed after `g`. */
  readonly jump: string;
}

/** The screens, in groups, in the order in which they are shown. */
export const GROUPS: readonly { readonly name: string; readonly screens: readonly ScreenEntry[] }[] = [
  {
    name: 'Watch',
    screens: [
      { path: '', name: 'Overview', icon: 'overview', jump: 'o' },
      { path: 'live', name: 'Live flow', icon: 'live', jump: 'l' },
      { path: 'events', name: 'Events', icon: 'events', jump: 'e' },
    ],
  },
  {
    name: 'Mend',
    screens: [
      { path: 'dead-letters', name: 'Dead letters', icon: 'letters', jump: 'd' },
      { path: 'approvals', name: 'Approvals', icon: 'approvals', jump: 'a' },
    ],
  },
  {
    name: 'Run',
    screens: [
      { path: 'routes', name: 'Routes', icon: 'routes', jump: 'r' },
      { path: 'servers', name: 'Servers', icon: 'servers', jump: 's' },
      { path: 'consumers', name: 'Consumers', icon: 'consumers', jump: 'c' },
      { path: 'contexts', name: 'Memory', icon: 'memory', jump: 'm' },
      { path: 'audit', name: 'Audit', icon: 'audit', jump: 'u' },
      { path: 'system', name: 'System', icon: 'system', jump: 'y' },
    ],
  },
];
