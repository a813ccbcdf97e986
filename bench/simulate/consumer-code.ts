// The one place at which the simulation reaches into the consumer, whose own code it runs.

export type { ConsumerTools } from '../../services/consumer/dist/call-target.js';
export { Announcer } from '../../services/consumer/dist/configuration/announcer.js';
export { createFixedConfiguration } from '../../services/consumer/dist/configuration/configuration.js';
export { ConsumeLoop } from '../../services/consumer/dist/consume-loop.js';
export { choresOf, Housekeeping, readClock } from '../../services/consumer/dist/housekeeping.js';
export { Lanes } from '../../services/consumer/dist/lanes/lanes.js';
export { createObserver } from '../../services/consumer/dist/observe.js';
export { Handlings } from '../../services/consumer/dist/partitions/handlings.js';
export { SeenPauses } from '../../services/consumer/dist/pauses/seen-pauses.js';
