export {
  boundResult,
  canonicalJson,
  type Effect,
  type EffectTarget,
  effectKeyOf,
  findEffects,
  MAX_KEPT_RESULT_BYTES,
  targetHashOf,
} from './effect.js';
export { type Guarantee, maySend, type SendDecision, type SendFacts } from './may-send.js';
export {
  type LedgerFacts,
  MAX_KEPT_BYTES,
  MAX_STEPS,
  OWN_WORK,
  type Perform,
  type Performed,
  type RecordEffect,
  type StepAnswer,
  StepLedger,
  type StepRequest,
  type Verdict,
} from './step-ledger.js';
