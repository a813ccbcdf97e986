import type { FaultEvidence, FaultKind } from './history.js';

/** Counts the faults that were done, and those that hit work in flight. */
export class EvidenceLog {
  readonly #counts = new Map<FaultKind, { done: number; hits: number }>();

  note(kind: FaultKind, done: number, hits: number): void {
    const counts = this.#counts.get(kind) ?? { done: 0, hits: 0 };
    this.#counts.set(kind, { done: counts.done + done, hits: counts.hits + hits });
  }

  list(): readonly FaultEvidence[] {
    return [...this.#counts].map(([kind, counts]) => ({ kind, ...counts }));
  }
}
