import { isAllowed, type ToolName } from './policy.js';

/** What a tool is like, as far as it decides about asking a person. */
export interface ToolNature {
  readonly isReadOnly: boolean;
  /** Whether it may take something away that was there. */
  readonly isDestructive: boolean;
}

/** Of a tool about which nobody who is trusted has said anything. */
export const UNKNOWN_NATURE: ToolNature = { isReadOnly: false, isDestructive: true };

/** Which calls of an agent a person has to approve: those of destructive tools, all, none, or those of some tools. */
export type ApprovalRule = 'destructive' | 'always' | 'never' | readonly string[];

/** Why a person is asked before a call goes out, in words for that person. */
export function findCaution(tool: ToolName, nature: ToolNature, rule: ApprovalRule): string | undefined {
  if (rule === 'never') return undefined;
  if (rule === 'always') return 'every call of this route is approved by a person';
  if (rule !== 'destructive') return isAllowed(rule, tool) ? 'this tool is approved by a person' : undefined;
  return nature.isDestructive ? 'the tool may destroy something' : undefined;
}
