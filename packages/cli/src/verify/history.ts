import type { TestedRoute } from './tested-route.js';

/**
 * What the sender knows about an event, all its answers taken together. `accepted`: at least one 202. `refused`: every
 * answer said that nothing was stored. `unsure`: anything else; it may be in the system or not.
 */
export type Acceptance = 'accepted' | 'refused' | 'unsure';

/** One line of the sender's own ledger. */
export interface SentEvent {
  readonly id: string;
  /** The event's type; it says which route it takes. */
  readonly type: string;
  readonly acceptance: Acceptance;
  /** Every different ref that a 202 gave. More than one: the same event was accepted twice. */
  readonly refs: readonly string[];
  /** Whether it was sent after everything had healed, to see that the system lives. */
  readonly isCanary: boolean;
  /** How often a repeat was answered as one. */
  readonly duplicateAnswers: number;
  /** When it was first posted and first accepted, in steps of the sender's own time. Absent where nobody noted it. */
  readonly order?: { readonly postedAt: number; readonly acceptedAt?: number };
}

/** What the system says became of an accepted event. Missing where it has no record. */
export interface SystemRecord {
  readonly state: string;
  /** From its acceptance to its end, by the system's clock, in ms. Undefined while it is open. */
  readonly tookMs: number | undefined;
  readonly deliveries: readonly {
    readonly state: string;
    readonly starts: number;
    readonly reason: string | undefined;
    /** Answers of a model that it says it has; absent where no model was asked. */
    readonly answers?: number;
  }[];
}

/** A dead letter of one of our events. */
export interface DeadLetterFacts {
  readonly eventId: string;
  readonly reason: string;
}

/** What a witness counted for one event and one tool. `reached`: requests that nothing stopped short of the tool. */
export interface WitnessTally {
  readonly eventId: string;
  readonly tool: string;
  readonly reached: number;
  readonly effects: number;
  /** The witness's own number of the first effect. */
  readonly firstEffect?: number;
}

/** The account of one witness, and the reasons not to believe it. */
export interface WitnessAccount {
  readonly cloud: string;
  readonly tallies: readonly WitnessTally[];
  /** Why it is not complete: gaps in its numbers, events it could not count, two of its accounts that differ. */
  readonly doubts: readonly string[];
}

/** What the scripted model was asked, and the reasons not to believe its account. */
export interface ModelAccount {
  /** Questions by event id, those included whose answers were lost. */
  readonly questions: ReadonlyMap<string, number>;
  readonly doubts: readonly string[];
}

/** The faults that `verify` can do. */
export const FAULT_KINDS = ['kill', 'freeze', 'cut', 'delay', 'duplicate'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** How often a kind of fault was done, and how often there is evidence that it hit work in flight. */
export interface FaultEvidence {
  readonly kind: FaultKind;
  readonly done: number;
  readonly hits: number;
}

/** What must be there before a good word is believed. */
export interface RequiredEvidence {
  /** Accepted events per route, canaries left out. */
  readonly minAccepted: number;
  /** Hits of each kind of fault; those that are missing need none. */
  readonly minHits: Readonly<Partial<Record<FaultKind, number>>>;
  /** Canaries per route. */
  readonly minCanaries: number;
}

/** Everything that is known at the end of a run: accounts that do not know of each other, and the evidence. */
export interface History {
  readonly routes: readonly TestedRoute[];
  readonly sent: readonly SentEvent[];
  readonly records: ReadonlyMap<string, SystemRecord>;
  readonly deadLetters: readonly DeadLetterFacts[];
  readonly witnesses: readonly WitnessAccount[];
  /** Absent where no route asks a model. */
  readonly model?: ModelAccount;
  readonly faults: readonly FaultEvidence[];
  /** Why the system was not seen at rest; undefined when it was: nothing open, nothing pending, no new call. */
  readonly unrest: string | undefined;
  readonly required: RequiredEvidence;
}
