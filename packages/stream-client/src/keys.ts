/**
 * Every Redis key name of one partition. All of them carry the partition as their hash tag, so that a script over them
 * works in a Redis Cluster, and the namespace, so that an ACL pattern `~millrace:*` covers them.
 */
export interface Keys {
  /** The partition, as it appears in the keys and at the front of every ref. */
  readonly partition: string;
  /** Stream: the events. */
  readonly events: string;
  /**
   * Hash: `seq`, the acceptance sequence; `backlog`, entries not acknowledged and deliveries waiting; `lanes-filled`, the
   * entry up to which lanes are filled.
   */
  readonly counters: string;
  /** Sorted set: deliveries that wait for their next attempt, by the ms at which it is due. */
  readonly due: string;
  /** Sorted set: deliveries that wait for somebody's answer, by the ms at which they expire. */
  readonly parked: string;
  /** Sorted set: dead letters, by the ms at which they died. */
  readonly dead: string;
  /** Hash: how many partitions there are, and were before. Of the deployment, and so in partition 0 alone. */
  readonly map: string;
  /** Channel (sharded): refs whose records have changed. */
  readonly changes: string;
  /** Channel (sharded): that there is something to read; only where there are several partitions. */
  readonly wake: string;
  /** Stream: what people have done to dead letters and events. */
  readonly audit: string;
  /** Sorted set: ids of jobs over dead letters, by the ms at which they started. */
  readonly jobs: string;
  /** String: the id of the job that is running. */
  readonly runningJob: string;
  /** Hash: routes and servers that somebody has paused. */
  readonly paused: string;
  /** Hash: what the configurations have under which consumers work, by version. */
  readonly configurations: string;
  /** Sorted set: versions of configurations, by the ms at which a consumer announced them last. */
  readonly announced: string;
  /** Sorted set: deliveries that wait for others of their lanes, by the ms since which. */
  readonly queued: string;
  /** Stream: what is to go on in other partitions, until it has arrived there. */
  readonly outbox: string;
  /** String: the consumer that moves what is in the outbox. */
  readonly mover: string;
  /** Set: the lanes in which something stands, by their keys. */
  readonly lanes: string;
  /** List: deliveries that go out one after the other. The name is of the caller's making; `laneNameOf` gives bounded ones. */
  lane(name: string): string;
  /** String: when the next call to a server may go out. */
  turns(server: string): string;
  /** String: how the servers are doing, as this consumer sees them. */
  servers(consumer: string): string;
  /** String: what became of deliveries within the last minute, as this consumer has settled them. */
  routes(consumer: string): string;
  /** Sorted set: the last calls of a server that succeeded, as JSON, by the ms at which they ended. */
  calls(server: string): string;
  /** Sorted set: the last calls of a server that failed, likewise. */
  failedCalls(server: string): string;
  /** String: the tools of a server, as a consumer was told when it asked last. */
  tools(server: string): string;
  /** Set: servers that somebody wants to know the tools of. */
  readonly toolsWanted: string;
  /** Sorted set: ids of contexts that have a memory, by the ms at which it is forgotten. */
  readonly contexts: string;
  /** Hash: a context, what is remembered of it and which delivery is at work in it. */
  context(id: string): string;
  /** Sorted set: deliveries that wait for their turn in a context, by the sequence of their acceptance. */
  contextQueue(id: string): string;
  /** Hash: what has happened to the event with this ref. */
  record(ref: string): string;
  /** Hash: a job over many dead letters. */
  job(id: string): string;
  /** String: the ref and the content hash of the event with this identity. */
  identity(identity: string): string;
}

/** The consumer group that all consumers share. */
export const GROUP = 'consumers';

export function createKeys(namespace: string, partition: string): Keys {
  const prefix = `${namespace}:{${partition}}:`;
  return {
    partition,
    events: `${prefix}events`,
    counters: `${prefix}counters`,
    due: `${prefix}due`,
    parked: `${prefix}parked`,
    dead: `${prefix}dead`,
    map: `${prefix}map`,
    changes: `${prefix}changes`,
    wake: `${prefix}wake`,
    audit: `${prefix}audit`,
    jobs: `${prefix}jobs`,
    runningJob: `${prefix}running-job`,
    paused: `${prefix}paused`,
    configurations: `${prefix}configurations`,
    announced: `${prefix}announced`,
    queued: `${prefix}queued`,
    outbox: `${prefix}outbox`,
    mover: `${prefix}mover`,
    lanes: `${prefix}lanes`,
    lane: (name) => `${prefix}lane:${name}`,
    turns: (server) => `${prefix}turns:${server}`,
    servers: (consumer) => `${prefix}servers:${consumer}`,
    routes: (consumer) => `${prefix}routes:${consumer}`,
    calls: (server) => `${prefix}calls:${server}`,
    failedCalls: (server) => `${prefix}failed-calls:${server}`,
    tools: (server) => `${prefix}tools:${server}`,
    toolsWanted: `${prefix}tools-wanted`,
    contexts: `${prefix}contexts`,
    context: (id) => `${prefix}context:${id}`,
    contextQueue: (id) => `${prefix}context-queue:${id}`,
    record: (ref) => `${prefix}record:${ref}`,
    job: (id) => `${prefix}job:${id}`,
    identity: (identity) => `${prefix}identity:${identity}`,
  };
}

/** The partition that a ref names, be it one of ours or not. */
export function partitionIn(ref: string): string {
  return ref.slice(0, Math.max(0, ref.indexOf('-')));
}

/** The ref of the event that was accepted as this entry. */
export function refOf(keys: Keys, entryId: string): string {
  return `${keys.partition}-${entryId}`;
}

/** The entry as which the event with this ref was accepted; undefined for text that is no ref of this partition. */
export function entryIdOf(keys: Keys, ref: string): string | undefined {
  const [, partition, entryId] = /^(\d+)-(\d{1,16}-\d{1,16})$/.exec(ref) ?? [];
  return partition === keys.partition ? entryId : undefined;
}

/** A key in the slot of another, under which nothing is ever stored. */
export function absentKeyBeside(key: string): string {
  return `${key.slice(0, key.indexOf('}') + 1)}:absent`;
}
