export type { CheckData, Violations } from './check-data.js';
export { type EventWithData, findViolations } from './check-event-data.js';
export { compileSchema } from './compile-schema.js';
export { ConfigFileError } from './config-file-error.js';
export { type ConfigProblem, describeConfigProblem } from './config-problem.js';
export type { Violation } from './describe-violation.js';
export type { EventSchema, EventSchemas } from './event-schemas.js';
export {
  loadEventSchemas,
  parseEventSchemas,
  readSchemaTexts,
  SchemaError,
  type SchemaTexts,
} from './load-event-schemas.js';
export { type Checked, type Locate, readYaml } from './read-yaml.js';
export {
  openWatchedFile,
  openWatchedText,
  type WatchedFile,
  type WatchedFileOptions,
  type WatchedTextOptions,
} from './watched-file.js';
