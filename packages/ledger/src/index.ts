export {
  boundResult,
  type Effect,
  type EffectTarget,
  effectKeyOf,
  findEffect,
  MAX_KEPT_RESULT_BYTES,
  targetHashOf,
} from './effect.js';
export { type Guarantee, maySend, type SendDecision, type SendFacts } from './may-send.js';
