/** Why an expression gave no value. `timed-out`: it took longer than its limit, which may be the machine's fault. */
export class EngineError extends Error {
  readonly kind: 'failed' | 'timed-out';

  constructor(kind: EngineError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
