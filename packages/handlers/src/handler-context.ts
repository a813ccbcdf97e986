/**
 * What a handler is given to work with. One for each attempt; it ends with the attempt, and refuses everything after. Its
 * members may be taken apart.
 */
export interface HandlerContext<Data = unknown> {
  readonly event: HandlerEvent<Data>;
  readonly delivery: HandlerDelivery;
  /** Aborted when the route's `timeout` is over, or when the consumer stops or has lost the event. Pass it on to whatever waits. */
  readonly signal: AbortSignal;
  readonly log: HandlerLog;
  readonly tools: HandlerTools;
  /**
   * Does a piece of work and keeps its result: an attempt after this one is given the result, and the work is not done
   * again. Keep in steps whatever must not be repeated, or would give something else the next time (the time, a random
   * number, an answer from elsewhere). The result is JSON, at most 64 KiB of it; what JSON cannot say is lost.
   *
   * `name` is unique within the handler's attempt. Steps may hold steps, whose names are then `outer/inner`.
   */
  readonly step: <T>(
    name: string,
    work: (context: StepContext<Data>) => Promise<T> | T,
    options?: StepOptions,
  ) => Promise<T>;
  /** Emits an event together with the delivery's outcome: all of them if it is done, none otherwise. At most 100. */
  readonly emit: (event: EmittedEvent) => void;
}

/** What the work of a step is given. It emits nothing: in a later attempt the work is not done, and its events would be lost. */
export interface StepContext<Data = unknown> extends Omit<HandlerContext<Data>, 'emit'> {
  /** The same in every attempt: pass it to whatever can recognise a repeat by a key. */
  readonly key: string;
}

/** The event that the handler is run for. */
export interface HandlerEvent<Data = unknown> {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | undefined;
  /** All attributes by their CloudEvents names, those above and extensions included. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Parsed where the data are JSON, else undefined. What `Data` says about it is the handler's own word. */
  readonly data: Data;
}

export interface HandlerDelivery {
  /** Id of the route. */
  readonly route: string;
  /** From 1. */
  readonly attempt: number;
  /** Version of the configuration that the handler was loaded with. */
  readonly version: string;
}

/** Lines in the consumer's log, with the event and the route already in them. Facts are for a person; never secrets. */
export interface HandlerLog {
  readonly debug: WriteLine;
  readonly info: WriteLine;
  readonly warn: WriteLine;
  readonly error: WriteLine;
}

type WriteLine = (message: string, facts?: Readonly<Record<string, unknown>>) => void;

export interface HandlerTools {
  /**
   * Calls one tool as the step `name`, under the guarantee of the route. Resolves with its structured result, or else with
   * its content. Rejects with `ToolCallFailed`. A call that was answered in an earlier attempt is not made again.
   */
  readonly call: (name: string, call: HandlerToolCall) => Promise<unknown>;
}

export interface HandlerToolCall extends StepOptions {
  /** Name of a configured server. */
  readonly server: string;
  readonly tool: string;
  /** The same in every attempt, as long as the event is: another value is refused, and the delivery is dead. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** For this call alone, in ms; it never goes beyond the route's `timeout`. */
  readonly timeoutMs?: number;
}

export interface StepOptions {
  /**
   * Why repeating the step is harmless. `key`: it is told apart by its key, which a tool call carries in `_meta`.
   * `{ argument }`: the tool takes the key as the argument of that name. `safe`: it only reads, or groups other steps.
   * `none`: nothing makes it so, and an outcome that nobody knows is left to a person. A tool call has the route's
   * `idempotency` where it has none of its own, a step `none`.
   */
  readonly idempotency?: StepIdempotency;
}

export type StepIdempotency = 'key' | 'safe' | 'none' | { readonly argument: string };

/** An event for others to take up. Its id, source, cause and trace are filled in, the same in every attempt. */
export interface EmittedEvent {
  readonly type: string;
  /** The subject of the handler's own event where it is left out. */
  readonly subject?: string;
  /** The partition key of the handler's own event where it is left out. */
  readonly partitionkey?: string;
  /** Any JSON value. */
  readonly data?: unknown;
  /** Tells this event apart from the others that the handler emits. Left out, its place among them does. */
  readonly key?: string;
}
