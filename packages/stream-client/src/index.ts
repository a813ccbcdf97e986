export { type Appender, type AppenderOptions, type AppendResult, createAppender } from './append/append.js';
export { createPartitionsAppender, type PartitionsAppender } from './append/append-to-partitions.js';
export { decodeEntry, type Entry, type EntryFields, type MalformedEntry, type Retry, toFields } from './codec.js';
export type { Sentinel } from './connection/connection.js';
export {
  type CauseBudget,
  countCauses,
  type DeathCause,
  type DeathCauses,
  mergeCauses,
} from './dead-letters/dead-letter-causes.js';
export {
  type Count,
  countDeadLetters,
  countToLookAt,
  type DeadLetterFilter,
  type Scan,
  type ScanLimits,
  scanDeadLetters,
} from './dead-letters/dead-letter-filter.js';
export { idOfPosition, type Position, parseCursor, toCursor } from './dead-letters/dead-letter-index.js';
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
} from './dead-letters/dead-letter-job.js';
export {
  type DeadLetter,
  type DeadLetterPage,
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
} from './dead-letters/dead-letters.js';
export { resolveDeadLetter } from './dead-letters/resolve-dead-letter.js';
export {
  actInJob,
  endJob,
  giveBackJob,
  holdJob,
  type JobEnd,
  type JobStep,
  noteWaiting,
} from './dead-letters/run-job.js';
export type { Durability } from './durability.js';
export { compareEntryIds } from './entry-id.js';
export { StreamError, type StreamErrorCode } from './errors.js';
export { rebaseTimes } from './housekeeping/rebase-times.js';
export { type FindPause, promoteDue } from './housekeeping/retries.js';
export { type Retention, trimSettled } from './housekeeping/trim.js';
export { createKeys, GROUP, type Keys, partitionIn } from './keys.js';
export { openStream } from './open-stream.js';
export { type Departing, departingFrom } from './outbox/departing.js';
export { type Moved, OutboxMover } from './outbox/outbox-mover.js';
export {
  beginChange,
  type ChangeBegun,
  completeChange,
  createMapFollower,
  MAX_PARTITIONS,
  mayBecome,
  readFenceEpoch,
  restoreFences,
  retireEpoch,
} from './partitions/change-partitions.js';
export { type LeftBefore, leftBefore } from './partitions/left-before.js';
export { MapWatch } from './partitions/map-watch.js';
export { type Epoch, type PartitionMap, readMap } from './partitions/partition-map.js';
export { partitionOf, placeOf, placeOfKey } from './partitions/partition-of.js';
export { openPartitions, type Partitions, type PartitionsOptions } from './partitions/partitions.js';
export {
  type ConsumerInfo,
  createConsumerName,
  createGroup,
  forgetConsumer,
  forgetIdleConsumers,
  type GroupState,
  listConsumers,
} from './reading/group.js';
export { type Lease, type RunningDelivery, releaseLeases, renewLeases, type ToolProgress } from './reading/lease.js';
export { type Look, lookAt } from './reading/look.js';
export { openPartitionSource, type PartitionSource } from './reading/partition-source.js';
export { type Claimed, claimIdle, type EntrySource, FIRST_CURSOR, openBlockingSource } from './reading/read.js';
export { type ChangeFeed, openChangeFeed } from './records/change-feed.js';
export { readRecord } from './records/read-record.js';
export { readWholeRecord } from './records/read-whole-record.js';
export {
  type Asked,
  type DeliveryFailure,
  type DeliveryRecord,
  type DeliveryState,
  type EventRecord,
  type EventState,
  isFinalState,
} from './records/record.js';
export { recordSchemas } from './records/record-schema.js';
export { deliveryToJson, recordToJson } from './records/record-to-json.js';
export { createRecordWatch, type RecordWatch } from './records/record-watch.js';
export { readSettleTimes } from './records/settle-times.js';
export { openClock, type StreamClock } from './redis-server/clock.js';
export { inspectServer, type ServerInspection } from './redis-server/inspect-server.js';
export { nodeOf } from './redis-server/partition-node.js';
export { type ServerSample, sampleServer } from './redis-server/sample-server.js';
export {
  ANNOUNCE_AGAIN_MS,
  type AnnouncedConfiguration,
  announceConfiguration,
  announcedName,
  isRouteAnnounced,
  type KeyedRoute,
  readAnnounced,
  readAnnouncedInUse,
} from './reports/announced.js';
export {
  publishRoutes,
  type RouteCounts,
  type RouteReport,
  type RoutesSeen,
  readRoutes,
} from './reports/route-reports.js';
export { type StreamSample, sampleStream } from './reports/sample.js';
export { type CallFilter, type CallPage, listCalls, noteCalls, type ServerCall } from './reports/server-calls.js';
export {
  publishServers,
  readServers,
  type ServerReport,
  type ServersSeen,
  type ToolReport,
} from './reports/server-reports.js';
export {
  askForTools,
  type KnownTool,
  type KnownTools,
  publishTools,
  readTools,
  takeToolsWanted,
} from './reports/server-tools.js';
export { addCounts, bucketOf, quantileOf, type TimeCounts } from './reports/time-counts.js';
export { type EventFilter, isAsLookedFor, isLookedFor, type TextOf } from './search/event-filter.js';
export { type EventSummary, type FoundEvent, summarizeEvents } from './search/event-summary.js';
export { type Newest, newestEvents, type TailPosition, tailPosition } from './search/newest-events.js';
export { type EventSearch, findEvent, type SearchBudget, searchEvents } from './search/search-events.js';
export type { DeliveryDetail, Outcome, Settlement } from './settling/outcome.js';
export {
  createEffectRecorder,
  type EffectRecord,
  type EffectRecorder,
  type RecordReply,
} from './settling/record-effects.js';
export {
  createSettler,
  isWorthRepeating,
  type SettleReply,
  type Settler,
} from './settling/settle.js';
export { type Act, type AuditEntry, type AuditPage, listActs, recordAct } from './steering/audit.js';
export { type Cancellation, cancelEvent } from './steering/cancel-event.js';
export {
  type Answering,
  type Approval,
  type ApprovalPage,
  answerApproval,
  expireParked,
  getApproval,
  listApprovals,
} from './steering/parked.js';
export { listPauses, type Pausable, type Pause, type PausedKind, pause, resume } from './steering/pauses.js';
export type { Stream, StreamOptions, StreamSettings } from './stream.js';
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
} from './turns/contexts.js';
export {
  type AskedLane,
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
} from './turns/lanes.js';
export { createTurns, type TakenTurn, type TurnRate, type Turns } from './turns/turns.js';
export type { Waiter } from './writes/group-commit.js';
export { type WakeWord, wakeReaders } from './writes/wake-readers.js';
