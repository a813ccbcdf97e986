/** The three mock clouds that a system has. */
export const CLOUDS = ['aws', 'gcp', 'azure'] as const;
export type Cloud = (typeof CLOUDS)[number];

/** As the mock cloud's `/faults` takes it. */
export interface FaultRule {
  readonly tool?: string;
  readonly kind:
    | 'delay'
    | 'error'
    | 'http-error'
    | 'cut-after-effect'
    | 'cut-before-effect'
    | 'hang'
    | 'garbage'
    | 'wrong-id'
    | 'slow-drip';
  readonly delayMs?: number;
  /** Of an `http-error`. */
  readonly status?: number;
  readonly times?: number;
  /** Strikes each nth of the calls that fit. */
  readonly everyNth?: number;
  readonly eventIdPrefix?: string;
}

/** Tells a cloud how to misbehave from now on; without rules it behaves. */
export async function putFaults(cloudUrl: string, rules: readonly FaultRule[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${cloudUrl}/faults`, { method: 'PUT', headers, body: JSON.stringify(rules) });
  if (!answer.ok) throw new Error(`PUT /faults was answered ${answer.status}: ${await answer.text()}`);
}

/** How often a cloud's faults of this kind have struck since it was told of them. */
export async function countStruck(cloudUrl: string, kind: FaultRule['kind']): Promise<number> {
  const rules = (await (await fetch(`${cloudUrl}/faults`)).json()) as readonly { kind: string; taken: number }[];
  return rules.filter((rule) => rule.kind === kind).reduce((sum, { taken }) => sum + taken, 0);
}

/** How many requests and effects a cloud's own log has for each event id. */
export async function readWitness(cloudUrl: string): Promise<ReadonlyMap<string, WitnessCount>> {
  const counts = new Map<string, WitnessCount>();
  let after = '';
  for (;;) {
    const url = `${cloudUrl}/witness/counts?limit=10000${after && `&after=${encodeURIComponent(after)}`}`;
    const page = (await (await fetch(url)).json()) as WitnessPage;
    if (page.uncounted > 0) throw new Error(`${page.uncounted} events are not counted by the witness at ${cloudUrl}`);
    for (const [eventId, count] of Object.entries(page.counts)) counts.set(eventId, count);
    if (page.next === undefined) return counts;
    after = page.next;
  }
}

export interface WitnessCount {
  readonly requests: number;
  readonly effects: number;
}

interface WitnessPage {
  readonly counts: Readonly<Record<string, WitnessCount>>;
  readonly uncounted: number;
  readonly next?: string;
}

/** The ids of the effects that a cloud's own log has, in its order, each where it comes first. */
export async function readFirstEffects(cloudUrl: string): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (let after: number | undefined = 0; after !== undefined; ) {
    const answer = await fetch(`${cloudUrl}/witness/effects?limit=1000&after=${after}`);
    const page = (await answer.json()) as { items: readonly { eventId: string }[]; next?: number };
    for (const { eventId } of page.items) ids.add(eventId);
    after = page.next;
  }
  return [...ids];
}
