/** The states that an event or one of its deliveries can be in. */
export const STATES = [
  'scheduled',
  'open',
  'waiting',
  'running',
  'retrying',
  'parked',
  'done',
  'dead',
  'expired',
  'moved',
] as const;
