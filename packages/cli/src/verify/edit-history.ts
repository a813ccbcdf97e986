import type { History, SentEvent, SystemRecord, WitnessAccount, WitnessTally } from './history.js';

/** A history with some parts replaced. */
export function edit(history: History, parts: Partial<History>): History {
  return { ...history, ...parts };
}

/** With one event of the sender's ledger changed. */
export function editSent(history: History, id: string, change: (event: SentEvent) => SentEvent): History {
  return edit(history, { sent: history.sent.map((event) => (event.id === id ? change(event) : event)) });
}

/** With the record of one event changed, or taken away. */
export function editRecord(
  history: History,
  id: string,
  change: (record: SystemRecord) => SystemRecord | undefined,
): History {
  const records = new Map(history.records);
  const known = records.get(id);
  const changed = known === undefined ? undefined : change(known);
  if (changed === undefined) records.delete(id);
  else records.set(id, changed);
  return edit(history, { records });
}

/** With what the witnesses counted for one event changed, or taken away. */
export function editTally(
  history: History,
  eventId: string,
  change: (tally: WitnessTally) => WitnessTally | undefined,
): History {
  const witnesses = history.witnesses.map((account) => ({
    ...account,
    tallies: account.tallies.flatMap((tally) => (tally.eventId === eventId ? (change(tally) ?? []) : tally)),
  }));
  return edit(history, { witnesses });
}

/** With the number of questions about one event changed. */
export function editQuestions(history: History, eventId: string, change: (questions: number) => number): History {
  const questions = new Map(history.model?.questions);
  questions.set(eventId, change(questions.get(eventId) ?? 0));
  return edit(history, { model: { doubts: [], ...history.model, questions } });
}

/** With the account of one cloud's witness changed. */
export function editWitness(
  history: History,
  cloud: string,
  change: (account: WitnessAccount) => WitnessAccount,
): History {
  return edit(history, {
    witnesses: history.witnesses.map((account) => (account.cloud === cloud ? change(account) : account)),
  });
}

/** With one event given up for a reason, in the record and among the dead letters. */
export function editDeadLetter(history: History, eventId: string, reason: string): History {
  const dead = editRecord(history, eventId, (record) => ({
    ...record,
    state: 'dead',
    deliveries: [{ state: 'dead', starts: 1, reason }],
  }));
  return edit(dead, { deadLetters: [...history.deadLetters, { eventId, reason }] });
}
