// The one place at which the simulation reaches into the consumer, whose own code it runs.

export type { ConsumerTools } from '../../services/consumer/dist/call-target.js';
export { Announcer } from '../../services/consumer/dist/configuration/announcer.js';
export { createFixedConfiguration } from '../../services/consumer/dist/configuration/configuration.js';
export { ConsumeLoop } from '../../services/consumer/dist/consume-loop.js';
export { Housekeeping } from '../../services/consumer/dist/housekeeping.js';
export { Lanes } from '../../services/consumer/dist/lanes/lanes.js';
export { createObserver } from '../../services/consumer/dist/observe.js';
export { Handlings } from '../../services/consumer/dist/partitions/handlings.js';
export { openReading } from '../../services/consumer/dist/partitions/open-reading.js';
export { SeenPauses } from '../../services/consumer/dist/pauses/seen-pauses.js';
export { CallNotes } from '../../services/consumer/dist/servers/call-notes.js';
export { ServerReporter } from '../../services/consumer/dist/servers/server-reporter.js';
export { ToolWindow } from '../../services/consumer/dist/servers/tool-window.js';
