export { attributesSchema, eventSchema, type Locate } from './attributes.js';
export { createEvent } from './create-event.js';
export {
  cameFrom,
  departingDelivery,
  departingFollowUp,
  FROM_ATTRIBUTE,
  ONLY_ROUTE_ATTRIBUTE,
  onlyRouteOf,
} from './departure.js';
export { EventError, type EventErrorCode, type Problem } from './errors.js';
export { type AttributeValue, type Event, type EventData, textOf } from './event.js';
export { createFollowUp, type FollowUpContent, MAX_HOPS } from './follow-up.js';
export { contentHashOf, identityOf } from './identity.js';
export { MAX_ATTRIBUTE_BYTES, MAX_BATCH_EVENTS, MAX_DATA_DEPTH, MAX_EVENT_BYTES, MAX_VALUES } from './limits.js';
export { essenceOf, isJsonType } from './media-type.js';
export { parseBatch } from './parse-batch.js';
export { isBinary, parseBinary } from './parse-binary.js';
export { parseJson } from './parse-json.js';
export { type Defaults, type PlainEvent, parsePlain } from './parse-plain.js';
export { parseStructured, type ReadEvent, readStructured } from './parse-structured.js';
export { renderEvent } from './render-event.js';
export { createReplay, type Edit, parseEdit, REPLAY_ATTRIBUTE, type Replay } from './replay.js';
export { findReserved, RESERVED_ATTRIBUTES } from './reserved.js';
export {
  isEnoughTrust,
  lesserTrust,
  TRUST_ATTRIBUTE,
  TRUSTS,
  type Trust,
  trustOf,
  withTrust,
} from './trust.js';
