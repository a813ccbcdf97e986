import { isAllowed, type ToolName } from './policy.js';

/** What a tool is like, as far as it decides about asking a person. */
export interface ToolNature {
  readonly isReadOnly: boolean;
  /** Whether it may take something away that was there. */
  readonly isDestructive: boolean;
  /** Whether it brings back what strangers have written: pages, mails, tickets of customers. */
  readonly isOpenWorld: boolean;
}

/** Of a tool about which nobody who is trusted has said anything. */
export const UNKNOWN_NATURE: ToolNature = { isReadOnly: false, isDestructive: true, isOpenWorld: true };

/** Which calls of an agent a person has to approve: those of destructive tools, all, none, or those of some tools. */
export type ApprovalRule = 'destructive' | 'always' | 'never' | readonly string[];

/** When a person is asked. */
export interface ApprovalPolicy {
  readonly rule: ApprovalRule;
  /** Whether the event, and what is remembered, is from those who are known as well as the route wants. If not, only what reads goes unasked. */
  readonly isEventTrusted: boolean;
  /** Which tools a person is asked about after one that reaches outside has answered, whatever the rule. */
  readonly afterOutside: 'destructive' | 'changing' | 'never';
}

/** Why a person is asked before a call goes out, in words for that person. `hasReadOutside`: whether the run has. */
export function findCaution(
  tool: ToolName,
  nature: ToolNature,
  { rule, isEventTrusted, afterOutside }: ApprovalPolicy,
  hasReadOutside: boolean,
): string | undefined {
  if (rule === 'always') return 'every call of this route is approved by a person';
  if (typeof rule !== 'string' && isAllowed(rule, tool)) return 'this tool is approved by a person';
  if (rule === 'destructive' && nature.isDestructive) return 'the tool may destroy something';
  if (!isEventTrusted && !nature.isReadOnly)
    return 'the tool may change something, and nobody knows whom the event is from, or an earlier one that is remembered';
  if (!hasReadOutside || afterOutside === 'never') return undefined;
  const isAsked = afterOutside === 'changing' ? !nature.isReadOnly : nature.isDestructive;
  return isAsked ? 'the agent has read what strangers may have written' : undefined;
}
