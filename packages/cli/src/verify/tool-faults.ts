import { sleep } from '@millrace/core';
import type { EvidenceLog } from './evidence-log.js';
import { between, type Random } from './random.js';
import { type TestedRoute, toolsOf } from './tested-route.js';
import type { WitnessReader } from './witness-reader.js';

/** Other rules are set so often, in ms. */
const CHANGE_EVERY_MS = [1_500, 3_000] as const;
/** Answers cut per change and tool. */
const CUTS = [1, 4] as const;
/** How late a tool runs, in ms. Long enough that work is in flight when something is killed. */
const DELAY_MS = [40, 200] as const;

interface TakenRule {
  readonly kind: string;
  readonly eventIdPrefix?: string;
  readonly taken: number;
}

export interface ToolFaultParts {
  readonly routes: readonly TestedRoute[];
  readonly witnesses: readonly WitnessReader[];
  readonly prefix: string;
  readonly evidence: EvidenceLog;
  readonly random: Random;
}

/**
 * Has the mock clouds cut answers after the effect and run tools late, for the events of this run alone, until the signal
 * aborts. It leaves them without any rule.
 */
export async function troubleTools(
  kinds: { readonly cut: boolean; readonly delay: boolean },
  parts: ToolFaultParts,
  signal: AbortSignal,
): Promise<void> {
  if (!kinds.cut && !kinds.delay) return;
  const { routes, witnesses, random, prefix } = parts;
  while (!signal.aborted) {
    for (const witness of witnesses) {
      const called = routes.flatMap(toolsOf).filter(({ cloud }) => cloud === witness.cloud);
      const tools = called.map(({ tool }) => tool);
      const rules = tools.flatMap((tool) => {
        const base = { tool, eventIdPrefix: prefix };
        // The first rule that fits strikes, so the few cuts come before the delay of all the rest.
        const cut = { ...base, kind: 'cut-after-effect', times: between(random, ...CUTS) };
        const delay = { ...base, kind: 'delay', delayMs: between(random, ...DELAY_MS) };
        return [...(kinds.cut ? [cut] : []), ...(kinds.delay ? [delay] : [])];
      });
      await changeRules(witness, rules, prefix, parts.evidence);
    }
    await sleep(between(random, ...CHANGE_EVERY_MS), signal);
  }
}

/** Takes all rules away, and counts how often they struck. */
export async function healTools({ witnesses, prefix, evidence }: ToolFaultParts): Promise<void> {
  for (const witness of witnesses) await changeRules(witness, [], prefix, evidence);
}

async function changeRules(
  witness: WitnessReader,
  rules: readonly object[],
  prefix: string,
  evidence: EvidenceLog,
): Promise<void> {
  const { client } = witness;
  const { body } = await client.request({ path: '/faults' });
  await client.request({ method: 'PUT', path: '/faults', json: JSON.stringify(rules) });
  for (const { kind, taken, eventIdPrefix } of body as readonly TakenRule[]) {
    if (eventIdPrefix !== prefix) continue;
    if (kind === 'cut-after-effect') evidence.note('cut', taken, taken);
    if (kind === 'delay') evidence.note('delay', taken, taken);
  }
}
