export { EventError, type EventErrorCode, type Problem } from './errors.js';
export { type AttributeValue, contentHashOf, type Event, type EventData, identityOf } from './event.js';
