import type { Conversation } from './conversation.js';
import { ModelScriptError } from './errors.js';
import { fillAnswer, takeFrom } from './fill-answer.js';
import { QuestionCounts } from './question-counts.js';
import { type Answer, type Fault, type Script, Scripts } from './script.js';

/** What the script has for the next turn of a conversation. */
export type Turn =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'no-script' }
  | { readonly kind: 'script-ended'; readonly script: string };

/** One request as it was answered. */
export interface Asked {
  /** From 1, over all conversations. */
  readonly n: number;
  readonly script: string | undefined;
  /** Which answer of the script it was about, from 0. */
  readonly answer: number;
  /** `answer`, `no-script`, `script-ended`, or the kind of the fault. */
  readonly outcome: string;
}

/** Requests that are remembered; the oldest make room. */
const MAX_REMEMBERED = 1_000;
/** What conversations are about, of those that are counted. */
const MAX_COUNTED = 200_000;

/**
 * The scripts in force, and who asked what. The first script whose `when` is in a conversation answers it; which of its
 * answers is up follows from the conversation alone, so that asking again is answered again, by any process.
 */
export class ScriptBook {
  #scripts: readonly Script[] = [];
  readonly #struck = new Map<Fault, number>();
  #asked: Asked[] = [];
  #total = 0;
  #counts = new QuestionCounts(MAX_COUNTED);

  /** Replaces all scripts and forgets who asked. Throws `ModelScriptError` with pointers, changing nothing. */
  replace(sent: unknown): void {
    const parsed = Scripts.safeParse(sent);
    if (!parsed.success) {
      const { issues } = parsed.error;
      throw new ModelScriptError(
        issues.map(({ path, message }) => ({
          pointer: path.map((part) => `/${String(part)}`).join(''),
          detail: message,
        })),
      );
    }
    this.#scripts = parsed.data;
    this.#struck.clear();
    this.#asked = [];
    this.#total = 0;
    this.#counts = new QuestionCounts(MAX_COUNTED);
  }

  get scripts(): readonly Script[] {
    return this.#scripts;
  }

  /** How many requests there were since the scripts were replaced, and the last of them, oldest first. */
  get requests(): { readonly total: number; readonly last: readonly Asked[] } {
    return { total: this.#total, last: this.#asked };
  }

  /** The questions of scripts that count them, by what their conversations are about. */
  get counts(): QuestionCounts {
    return this.#counts;
  }

  /** Takes the next turn of a conversation and remembers that it was asked for. */
  takeTurn(conversation: Conversation): Turn {
    const script = this.#scripts.find(({ when, from }) => conversation.answers >= from && isIn(when, conversation));
    const turn = script === undefined ? ({ kind: 'no-script' } as const) : this.#turnOf(script, conversation);
    const outcome = turn.kind === 'fault' ? turn.fault.kind : turn.kind;
    this.#total += 1;
    this.#asked.push({ n: this.#total, script: script?.name, answer: conversation.answers, outcome });
    if (this.#asked.length > MAX_REMEMBERED) this.#asked.shift();
    const subject = script === undefined ? undefined : subjectOf(script, conversation);
    if (subject !== undefined) this.#counts.add(subject, conversation.answers);
    return turn;
  }

  #turnOf({ name, take, from, answers, repeat }: Script, conversation: Conversation): Turn {
    const answer = answers[conversation.answers - from] ?? (repeat ? answers.at(-1) : undefined);
    if (answer === undefined) return { kind: 'script-ended', script: name };
    const fault = answer.faults.find((one) => (this.#struck.get(one) ?? 0) < one.times);
    if (fault === undefined) return { kind: 'answer', answer: fillAnswer(answer, take, conversation) };
    this.#struck.set(fault, (this.#struck.get(fault) ?? 0) + 1);
    return { kind: 'fault', fault };
  }
}

function subjectOf({ count, take }: Script, { texts }: Conversation): string | undefined {
  const pattern = count === undefined ? undefined : take[count];
  return pattern === undefined ? undefined : takeFrom(texts, pattern);
}

function isIn(when: string | undefined, { texts }: Conversation): boolean {
  return when === undefined || texts.some((text) => text.includes(when));
}
