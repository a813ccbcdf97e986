import { type EventSchemas, findViolations } from '@millrace/config-files';
import type { Attempt } from './attempt.js';

/** Problems that a message names; the rest is counted. */
const MAX_NAMED = 3;

/**
 * The attempt as it is, or, where one of its follow-up events breaks the schema of its type, one that cannot succeed: what
 * producers may not post, routes may not emit. What the attempt has done stays in its effects, so nothing is forgotten.
 */
export function checkFollowUps(attempt: Attempt, schemas: EventSchemas | undefined): Attempt {
  if (attempt.kind !== 'done' || schemas === undefined) return attempt;
  for (const event of attempt.followUps) {
    const violations = findViolations(event, '/data', schemas);
    if (violations === undefined) continue;
    const { count, first } = violations;
    const named = first.slice(0, MAX_NAMED).map(({ pointer, detail }) => `${pointer} ${detail}`);
    const message = `the follow-up does not match the schema of ${event.type}, ${count} problem(s): ${named.join('; ')}`;
    const error = { code: 'FOLLOW_UP_INVALID', message: message.slice(0, 1_000) };
    return { kind: 'impossible', reason: 'follow-up-invalid', error, effects: attempt.effects };
  }
  return attempt;
}
