import type { ValidateFunction } from 'ajv/dist/2020.js';
import { describeViolation, type Violation } from './describe-violation.js';

/** What is wrong with data, if anything. Never throws. */
export type CheckData = (data: unknown) => Violations;

/** The first violations, and how many there are in all. */
export interface Violations {
  readonly count: number;
  readonly first: readonly Violation[];
}

/** Most violations that are listed, however many there are. */
const MAX_VIOLATIONS = 20;
const NONE: Violations = { count: 0, first: [] };

/** Makes a check of a compiled schema. */
export function checkWith(validate: ValidateFunction): CheckData {
  return (data) => {
    if (validate(data)) return NONE;
    const errors = validate.errors ?? [];
    return { count: errors.length, first: errors.slice(0, MAX_VIOLATIONS).map(describeViolation) };
  };
}
