export {
  ANNOUNCE_AGAIN_MS,
  type AnnouncedConfiguration,
  announceConfiguration,
  isRouteAnnounced,
  type KeyedRoute,
  readAnnounced,
  readAnnouncedInUse,
} from './announced.js';
export { type Appender, type AppenderOptions, type AppendResult, createAppender } from './append.js';
export { createPartitionsAppender, type PartitionsAppender } from './append-to-partitions.js';
export { type Act, type AuditEntry, type AuditPage, listActs, recordAct } from './audit.js';
export { type Cancellation, cancelEvent } from './cancel-event.js';
export { type ChangeFeed, openChangeFeed } from './change-feed.js';
export {
  beginChange,
  type ChangeBegun,
  completeChange,
  MAX_PARTITIONS,
  mayBecome,
  restoreFences,
  retireEpoch,
} from './change-partitions.js';
export { openClock, type StreamClock } from './clock.js';
export { decodeEntry, type Entry, type EntryFields, type MalformedEntry, type Retry, toFields } from './codec.js';
export type { Sentinel } from './connection.js';
export {
  type ContextPage,
  clearContext,
  contextIdOf,
  type Entering,
  type Entrance,
  enterContext,
  getContext,
  type LeftContext,
  listContexts,
  type StoredContext,
} from './contexts.js';
export { type CauseBudget, countCauses, type DeathCause, type DeathCauses, mergeCauses } from './dead-letter-causes.js';
export {
  type Count,
  countDeadLetters,
  countToLookAt,
  type DeadLetterFilter,
  type Scan,
  type ScanLimits,
  scanDeadLetters,
} from './dead-letter-filter.js';
export { idOfPosition, type Position, parseCursor, toCursor } from './dead-letter-index.js';
export {
  type DeadLetterJob,
  findNewestDeath,
  findRunningJob,
  getJob,
  type JobKind,
  type JobOrder,
  type JobStart,
  listJobs,
  newJobId,
  startJob,
} from './dead-letter-job.js';
export {
  type DeadLetter,
  type DeadLetterPage,
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
} from './dead-letters.js';
export { type Departing, departingFrom } from './departing.js';
export { compareEntryIds } from './entry-id.js';
export { StreamError, type StreamErrorCode } from './errors.js';
export { type EventFilter, isAsLookedFor, isLookedFor, type TextOf } from './event-filter.js';
export { type EventSummary, type FoundEvent, summarizeEvents } from './event-summary.js';
export {
  type ConsumerInfo,
  createConsumerName,
  createGroup,
  forgetConsumer,
  forgetIdleConsumers,
  type GroupState,
  listConsumers,
} from './group.js';
export type { Waiter } from './group-commit.js';
export { inspectServer, type ServerInspection } from './inspect-server.js';
export { createKeys, GROUP, type Keys, partitionIn } from './keys.js';
export {
  type Asking,
  type EarlierLane,
  enterLanes,
  type Joining,
  laneNameOf,
  lookAtEarlierLane,
  mendLanes,
  type Passage,
  readPassage,
  type Stretch,
  type Turn,
} from './lanes.js';
export { type Lease, type RunningDelivery, releaseLeases, renewLeases, type ToolProgress } from './lease.js';
export { type LeftBefore, leftBefore } from './left-before.js';
export { type Look, lookAt } from './look.js';
export { MapWatch } from './map-watch.js';
export { type Newest, newestEvents, type TailPosition, tailPosition } from './newest-events.js';
export { type Moved, OutboxMover } from './outbox-mover.js';
export {
  type Answering,
  type Approval,
  type ApprovalPage,
  answerApproval,
  expireParked,
  getApproval,
  listApprovals,
} from './parked.js';
export { type Epoch, type PartitionMap, readMap } from './partition-map.js';
export { nodeOf } from './partition-node.js';
export { partitionOf, placeOf, placeOfKey } from './partition-of.js';
export { openPartitionSource, type PartitionSource } from './partition-source.js';
export { openPartitions, type Partitions, type PartitionsOptions } from './partitions.js';
export { listPauses, type Pausable, type Pause, type PausedKind, pause, resume } from './pauses.js';
export { type Claimed, claimIdle, type EntrySource, FIRST_CURSOR, openBlockingSource } from './read.js';
export { readRecord } from './read-record.js';
export { readWholeRecord } from './read-whole-record.js';
export { rebaseTimes } from './rebase-times.js';
export {
  type DeliveryFailure,
  type DeliveryRecord,
  type DeliveryState,
  type EventRecord,
  type EventState,
  isFinalState,
} from './record.js';
export { createEffectRecorder, type EffectRecord, type EffectRecorder, type RecordReply } from './record-effects.js';
export { recordSchemas } from './record-schema.js';
export { deliveryToJson, recordToJson } from './record-to-json.js';
export { createRecordWatch, type RecordWatch } from './record-watch.js';
export { resolveDeadLetter } from './resolve-dead-letter.js';
export { type FindPause, promoteDue } from './retries.js';
export { publishRoutes, type RouteCounts, type RouteReport, type RoutesSeen, readRoutes } from './route-reports.js';
export { actInJob, endJob, giveBackJob, holdJob, type JobEnd, type JobStep, noteWaiting } from './run-job.js';
export { type StreamSample, sampleStream } from './sample.js';
export { type ServerSample, sampleServer } from './sample-server.js';
export { type EventSearch, findEvent, type SearchBudget, searchEvents } from './search-events.js';
export { type CallFilter, type CallPage, listCalls, noteCalls, type ServerCall } from './server-calls.js';
export {
  publishServers,
  readServers,
  type ServerReport,
  type ServersSeen,
  type ToolReport,
} from './server-reports.js';
export {
  askForTools,
  type KnownTool,
  type KnownTools,
  publishTools,
  readTools,
  takeToolsWanted,
} from './server-tools.js';
export {
  type Asked,
  createSettler,
  type DeliveryDetail,
  isWorthRepeating,
  type Outcome,
  type Settlement,
  type SettleReply,
  type Settler,
} from './settle.js';
export { readSettleTimes } from './settle-times.js';
export { type Durability, openStream, type Stream, type StreamOptions, type StreamSettings } from './stream.js';
export { addCounts, bucketOf, quantileOf, type TimeCounts } from './time-counts.js';
export { type Retention, trimSettled } from './trim.js';
export { createTurns, type TakenTurn, type TurnRate, type Turns } from './turns.js';
export { type WakeWord, wakeReaders } from './wake-readers.js';
