/** What looks at configuration folders. Loads CEL, JSONata and MCP, so commands import it when they need it. */
export { previewRoute } from '@millrace/routing';
export { checkFolder } from './check-folder.js';
export { askServers, NO_TOOLS, readSnapshot, saveSnapshot } from './known-tools.js';
export { parseEvent, readEvent } from './read-event.js';
