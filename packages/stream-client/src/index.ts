export { type Appender, type AppenderOptions, type AppendResult, createAppender } from './append.js';
export type { Entry, MalformedEntry, Retry } from './codec.js';
export {
  type DeadLetter,
  type DeadLetterPage,
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
} from './dead-letters.js';
export { StreamError, type StreamErrorCode } from './errors.js';
export {
  type ConsumerInfo,
  createConsumerName,
  createGroup,
  forgetConsumer,
  forgetIdleConsumers,
  listConsumers,
} from './group.js';
export { createKeys, GROUP, type Keys } from './keys.js';
export { type Lease, releaseLeases, renewLeases } from './lease.js';
export { type Claimed, claimIdle, type EntrySource, FIRST_CURSOR, openBlockingSource } from './read.js';
export { readRecord } from './read-record.js';
export type { DeliveryRecord, DeliveryState, EventRecord, EventState } from './record.js';
export { deliveryToJson, recordToJson } from './record-to-json.js';
export { createRecordWatch, type RecordWatch } from './record-watch.js';
export { promoteDue } from './retries.js';
export { type StreamSample, sampleStream } from './sample.js';
export {
  createSettler,
  type DeliveryDetail,
  isWorthRepeating,
  type Outcome,
  type Settlement,
  type Settler,
} from './settle.js';
export { type Durability, openStream, type Stream, type StreamOptions, type StreamSettings } from './stream.js';
export { type Retention, trimSettled } from './trim.js';
