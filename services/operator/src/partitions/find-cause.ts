import { type Cause, type EventRecord, findCause, type Partitions } from '@millrace/stream-client';
import { ofEach } from './in-turn.js';

/** With more partitions than this, a cause is looked for in the event's own alone: the others would cost too much. */
const MAX_LOOKED = 16;

/** As `findCause`: in the event's own partition first, and then in the others, where there are not too many. */
export async function findCauseInAny(partitions: Partitions, record: EventRecord): Promise<Cause | undefined> {
  const { all, home } = partitions;
  const own = partitions.ofRef(record.ref) ?? home;
  const found = await findCause(own, record);
  if (found !== undefined || all.length > MAX_LOOKED) return found;
  const others = all.filter((stream) => stream !== own);
  return (await ofEach(others, (stream) => findCause(stream, record))).find((cause) => cause !== undefined);
}
