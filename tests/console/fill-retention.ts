import type { System } from '../system/system.ts';

/** A kind of event, and how many there are to be of it. */
export interface Share {
  readonly type: string;
  readonly count: number;
  readonly dataOf: (at: number) => object;
}

const BATCH = 200;
/** Batches that are under way at the same time. */
const AT_ONCE = 4;

/** Posts so many events of each kind, well mixed, and resolves with when all of them are settled. */
export async function fillRetention(system: System, shares: readonly Share[], limitMs: number): Promise<void> {
  const events = mixed(shares);
  const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, at) => at * BATCH).values();
  const post = async () => {
    for (const from of batches) await postBatch(system.producerUrl, events.slice(from, from + BATCH));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, post));
  await system.untilIdle(limitMs);
}

/** Posts a batch of events at once. Throws where one of them is not accepted. */
export async function postBatch(producerUrl: string, events: readonly object[]): Promise<void> {
  const answer = await fetch(`${producerUrl}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  if (answer.status !== 202) throw new Error(`a batch was answered ${answer.status}: ${await answer.text()}`);
  await answer.body?.cancel();
}

/** Every kind spread evenly over the whole: the smallest are found among the latest as among the oldest. */
function mixed(shares: readonly Share[]): readonly object[] {
  const placed = shares.flatMap(({ type, count, dataOf }) =>
    Array.from({ length: count }, (_, at) => ({ place: (at + 0.5) / count, event: toEvent(type, at, dataOf(at)) })),
  );
  return placed.sort((a, b) => a.place - b.place).map(({ event }) => event);
}

function toEvent(type: string, at: number, data: object): object {
  return { specversion: '1.0', id: `${type}-${at}`, source: '/shop', type, subject: `parcel-${at % 500}`, data };
}
