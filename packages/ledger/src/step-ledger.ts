import type { Event } from '@millrace/events';
import { type Effect, type EffectTarget, effectKeyOf, MAX_KEPT_RESULT_BYTES, targetHashOf } from './effect.js';
import { type Guarantee, maySend } from './may-send.js';

/** Steps that one delivery may have. */
export const MAX_STEPS = 256;
/** Bytes of JSON that all steps of a delivery together may keep: what they were asked with, and what they answered. */
export const MAX_KEPT_BYTES = 1_048_576;

/** The delivery that a ledger is for. */
export interface LedgerFacts {
  readonly namespace: string;
  readonly event: Pick<Event, 'source' | 'id'>;
  readonly route: string;
  /** The version of the configuration under which what is new will be recorded. */
  readonly version: string;
  readonly attempt: number;
  /** How many attempts there had been when a person last sent the delivery round again. */
  readonly redrivenAt: number;
  readonly guarantee: Guarantee;
  /** What earlier attempts have left. */
  readonly recorded: readonly Effect[];
}

/** One step that is asked for. */
export interface StepRequest {
  /** Unique within an attempt. */
  readonly step: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Whether a repeat has no second effect. */
  readonly isRepeatable: boolean;
  /** The argument that the key is to be in. */
  readonly keyArgument?: string;
  /** Whether its start is worth a record of its own: not of what only reads. */
  readonly isStartRecorded: boolean;
}

/** How a step came out that was really carried out. */
export type Performed =
  | { readonly kind: 'done'; readonly result: unknown; readonly durationMs: number }
  | {
      readonly kind: 'failed';
      readonly state: 'failed' | 'not-sent' | 'unknown';
      readonly error: { readonly code: string; readonly message: string };
      readonly durationMs: number;
    };

/**
 * Carries a step out. `begin` is to be called right before anything leaves: with false, or a rejection, nothing may. It
 * rejects for nothing else.
 */
export type Perform = (effect: Effect, begin: () => Promise<boolean>) => Promise<Performed>;

export type StepAnswer =
  /** `result` has been through JSON, so that it is the same now and when it is served again. */
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly state: 'failed' | 'not-sent' | 'unknown' }
  /** The delivery must not go on. `verdict` says why. */
  | { readonly kind: 'ended' };

/** Why a delivery must not go on. */
export interface Verdict {
  readonly reason: 'outcome-unknown' | 'target-changed' | 'steps-invalid' | 'not-owned' | 'needs-input';
  readonly error: { readonly code: string; readonly message: string };
}

/** Records an effect; false when another consumer has the entry meanwhile. Rejects when that cannot be told. */
export type RecordEffect = (effect: Effect) => Promise<boolean>;

/** Effects by step path, as earlier attempts have left them and as they are known now. */
interface Steps {
  readonly recorded: ReadonlyMap<string, Effect>;
  readonly effects: Map<string, Effect>;
  readonly running: Map<string, StepRequest>;
  /** Effects that are recorded as they are. */
  readonly settled: WeakSet<Effect>;
}

/**
 * The effects of one attempt at a delivery that has several: each is recorded before it is sent and after it is answered,
 * as the guarantee asks, and an answer that is recorded is served instead of a second call. Steps of later attempts must be
 * those of the earlier ones; one that asks for something else is not carried out.
 */
export class StepLedger {
  readonly #facts: LedgerFacts;
  readonly #record: RecordEffect;
  /** Made with the first step: most handlers have none. */
  #steps: Steps | undefined;
  #keptBytes = 0;
  #verdict: Verdict | undefined;

  constructor(facts: LedgerFacts, record: RecordEffect) {
    this.#facts = facts;
    this.#record = record;
  }

  get #known(): Steps {
    if (this.#steps === undefined) {
      const { recorded } = this.#facts;
      this.#steps = {
        recorded: new Map(recorded.map((effect) => [effect.step, effect])),
        effects: new Map(),
        running: new Map(),
        settled: new WeakSet(recorded),
      };
    }
    return this.#steps;
  }

  /** Why the delivery must not go on; undefined while it may. The first reason stays. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** The effects that this attempt has seen, as they are known now. */
  get effects(): readonly Effect[] {
    return this.#steps === undefined ? [] : [...this.#steps.effects.values()];
  }

  /** Those of them that are known otherwise than they are recorded: to be written with the outcome. */
  get unrecorded(): readonly Effect[] {
    return this.effects.filter((effect) => !this.#known.settled.has(effect));
  }

  /** Ends the delivery's attempt for a reason that is known outside: no step begins after this. */
  stop(verdict: Verdict): void {
    this.#verdict ??= verdict;
  }

  keyOf(step: string): string {
    const { namespace, event, route } = this.#facts;
    return effectKeyOf(namespace, event, route, step);
  }

  /** Carries one step through, or serves what is recorded of it. Rejects only as `RecordEffect` does. */
  async carry(request: StepRequest, perform: Perform): Promise<StepAnswer> {
    const effect = this.#prepare(request);
    if (effect === undefined) return { kind: 'ended' };
    const { step } = request;
    const recorded = this.#known.recorded.get(step);
    this.#known.effects.set(step, recorded?.state === 'done' ? recorded : effect);
    if (recorded?.state === 'done') return this.#serve(recorded);
    const { guarantee, redrivenAt } = this.#facts;
    const { isRepeatable } = request;
    const decision = maySend({ guarantee, isRepeatable, recorded, redrivenAt });
    if (decision.kind !== 'send') return this.#leaveUnknown(effect);
    this.#known.running.set(step, request);
    const performed = await this.#perform(effect, request, perform);
    // Closing has judged what was still running then; that stays.
    if (!this.#known.running.delete(step)) return { kind: 'ended' };
    return performed.kind === 'done' ? this.#keep(effect, performed) : this.#fail(effect, performed, isRepeatable);
  }

  /** What could not be recorded was not begun either. */
  async #perform(effect: Effect, request: StepRequest, perform: Perform): Promise<Performed> {
    try {
      return await perform(effect, () => this.#begin(effect, request));
    } catch (error) {
      this.#known.running.delete(effect.step);
      this.#known.effects.set(effect.step, { ...effect, state: 'not-sent' });
      throw error;
    }
  }

  /** Ends the attempt: what is running still may have happened, and may yet happen. */
  close(): void {
    if (this.#steps === undefined) return;
    const { running, effects } = this.#steps;
    for (const [step, { isRepeatable }] of running) {
      const effect = effects.get(step);
      const error = { code: 'STEP_ABANDONED', message: 'the attempt ended while the step was running' };
      if (effect !== undefined)
        this.#fail(effect, { kind: 'failed', state: 'unknown', error, durationMs: 0 }, isRepeatable);
    }
    running.clear();
  }

  /** The effect as it will be recorded; undefined when the step is not to be carried out, with a verdict that says why. */
  #prepare(request: StepRequest): Effect | undefined {
    const { step, server, tool, keyArgument } = request;
    if (this.#verdict !== undefined) return undefined;
    if (this.#known.effects.has(step))
      return this.#refuse('STEP_REPEATED', `the step ${step} is there twice; names are unique`);
    if (this.#known.effects.size >= MAX_STEPS)
      return this.#refuse('STEPS_TOO_MANY', `the delivery has more than ${MAX_STEPS} steps`);
    const key = this.keyOf(step);
    const given = keyArgument === undefined ? request.arguments : { ...request.arguments, [keyArgument]: key };
    const args = throughJson(given) as Record<string, unknown>;
    if (!this.#hasRoomFor(step, args)) return undefined;
    const target: EffectTarget = { server, tool, arguments: args, version: this.#facts.version };
    const targetHash = targetHashOf(target);
    const recorded = this.#known.recorded.get(step);
    if (recorded !== undefined && recorded.targetHash !== targetHash) {
      const message = `the step ${step} was recorded with another tool or other arguments, so it is not carried out`;
      this.#verdict = { reason: 'target-changed', error: { code: 'STEP_CHANGED', message } };
      return undefined;
    }
    return { step, state: 'sent', key, attempt: this.#facts.attempt, target: recorded?.target ?? target, targetHash };
  }

  #serve(recorded: Effect): StepAnswer {
    this.#keptBytes += sizeOf(recorded.result);
    // It was carried out, but its answer was too large to keep.
    if (recorded.error !== undefined) return this.#end('steps-invalid', recorded.error);
    return { kind: 'done', result: recorded.result };
  }

  #begin(effect: Effect, { isStartRecorded }: StepRequest): Promise<boolean> {
    if (this.#facts.guarantee === 'at-least-once' || !isStartRecorded) return Promise.resolve(true);
    return this.#record(effect);
  }

  async #keep(effect: Effect, performed: Performed & { readonly kind: 'done' }): Promise<StepAnswer> {
    const result = throughJson(performed.result);
    const durationMs = Math.round(performed.durationMs);
    const isKept = this.#hasRoomFor(effect.step, result);
    const error = isKept ? undefined : this.#verdict?.error;
    const done: Effect = { ...effect, state: 'done', durationMs, ...(error === undefined ? { result } : { error }) };
    this.#known.effects.set(effect.step, done);
    const isOwned = await this.#record(done);
    this.#known.settled.add(done);
    if (!isOwned)
      return this.#end('not-owned', { code: 'ENTRY_LOST', message: 'another consumer has the event by now' });
    return isKept ? { kind: 'done', result } : { kind: 'ended' };
  }

  #fail(effect: Effect, performed: Performed & { readonly kind: 'failed' }, isRepeatable: boolean): StepAnswer {
    const { state, error } = performed;
    const failed: Effect = { ...effect, state, error, durationMs: Math.round(performed.durationMs) };
    if (state === 'unknown' && this.#facts.guarantee !== 'at-least-once') {
      const isHarmless = isRepeatable && this.#facts.guarantee === 'effectively-once';
      if (!isHarmless) return this.#leaveUnknown(failed);
    }
    this.#known.effects.set(effect.step, failed);
    return { kind: 'failed', state };
  }

  #leaveUnknown(effect: Effect): StepAnswer {
    const { server, tool } = effect.target;
    const what = server === OWN_WORK ? `the step ${effect.step}` : `${tool} in step ${effect.step}`;
    const message = `${what} may have been carried out before, and repeating it is not known to be safe`;
    this.#known.effects.set(effect.step, { ...effect, state: 'unknown' });
    return this.#end('outcome-unknown', { code: 'OUTCOME_UNKNOWN', message });
  }

  #hasRoomFor(step: string, value: unknown): boolean {
    const bytes = sizeOf(value);
    this.#keptBytes += bytes;
    if (bytes > MAX_KEPT_RESULT_BYTES) {
      const fact = `asks with or answers ${bytes} bytes, more than the ${MAX_KEPT_RESULT_BYTES} that are kept`;
      this.#refuse('STEP_TOO_LARGE', `the step ${step} ${fact}`);
      return false;
    }
    if (this.#keptBytes <= MAX_KEPT_BYTES) return true;
    this.#refuse(
      'STEPS_TOO_LARGE',
      `the steps of the delivery come to more than the ${MAX_KEPT_BYTES} bytes that are kept`,
    );
    return false;
  }

  #refuse(code: string, message: string): undefined {
    this.#end('steps-invalid', { code, message });
  }

  #end(reason: Verdict['reason'], error: Verdict['error']): StepAnswer {
    this.#verdict ??= { reason, error };
    return { kind: 'ended' };
  }
}

/** The server of a step that calls no tool but does its own work. No configured server has this name. */
export const OWN_WORK = '-';

/** As it will be when it is read back. */
function throughJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
