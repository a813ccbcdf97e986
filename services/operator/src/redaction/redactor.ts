import { type Event, type EventData, renderEvent } from '@millrace/events';
import type { Preview } from '@millrace/routing';
import type { Approval, DeadLetter, DeliveryRecord, EventRecord } from '@millrace/stream-client';
import { hideAt, MARK } from './hide.js';
import { restoreHidden } from './restore.js';
import { type HiddenPlace, isOfType } from './rules.js';
import { createScrub, type Scrub, scrubAll } from './scrub.js';

/** An event as somebody may see it, and what takes out of other things what is hidden in it. */
export interface EventSeen {
  readonly event: Event;
  readonly scrub: Scrub;
  /** Everything that was taken out. */
  readonly hidden: ReadonlySet<string>;
}

const NO_PLACES: readonly HiddenPlace[] = [];

/**
 * Shows what may be seen, by the places that are hidden. What is taken out of an event's data is taken out of everything
 * that was made of it, too: arguments, results, errors, questions and the words of models, as far as it stands there
 * letter by letter. What cannot be looked into is not shown.
 */
export class Redactor {
  readonly #places: readonly HiddenPlace[];

  constructor(places: readonly HiddenPlace[] = NO_PLACES) {
    this.#places = places;
  }

  get hidesAnything(): boolean {
    return this.#places.length > 0;
  }

  /** The event without what is hidden; the same one where nothing is. */
  see(event: Event): EventSeen {
    const paths = this.#pathsOf(event.type, 'data');
    const hidden = new Set<string>();
    const { data } = event;
    if (paths.length === 0 || data === undefined) return { event, scrub: createScrub(hidden), hidden };
    if (data.kind === 'bytes') {
      for (const encoding of ['utf8', 'base64'] as const) hidden.add(data.bytes.toString(encoding));
      return { event: withData(event, MARK), scrub: createScrub(hidden), hidden };
    }
    const value: unknown = JSON.parse(data.bytes.toString('utf8'));
    const rest = hideAt(value, paths, hidden);
    // As it was sent, byte for byte, where there was nothing to be hidden.
    const seen = JSON.stringify(rest) === JSON.stringify(value) ? event : withData(event, rest);
    return { event: seen, scrub: createScrub(hidden), hidden };
  }

  /** The event as text, for finding words in it. */
  textOf(event: Event): string {
    return renderEvent(this.see(event).event);
  }

  record(record: EventRecord): EventRecord {
    return { ...record, ...this.#carried(record.event, record.deliveries) };
  }

  deadLetter(letter: DeadLetter): DeadLetter {
    const { event, deliveries } = this.#carried(letter.event, [letter.delivery]);
    return { ...letter, event, delivery: deliveries[0] ?? letter.delivery };
  }

  approval(approval: Approval): Approval {
    const { event, deliveries } = this.#carried(approval.event, [approval.delivery]);
    const delivery = deliveries[0] ?? approval.delivery;
    return { ...approval, event, delivery, asks: delivery.input?.asks ?? approval.asks };
  }

  /**
   * The data that somebody means who has edited what they may see of an event. Undefined where they left a mark in it that
   * stands for nothing.
   */
  restore(event: Event, edited: EventData): EventData | undefined {
    const paths = this.#pathsOf(event.type, 'data');
    if (paths.length === 0 || edited.kind !== 'json') return edited;
    const isText = event.data?.kind === 'json';
    const before: unknown = isText ? JSON.parse(event.data.bytes.toString('utf8')) : undefined;
    const given: unknown = JSON.parse(edited.bytes.toString('utf8'));
    const restored = restoreHidden(given, before, paths);
    if (restored === undefined) return undefined;
    const text = JSON.stringify(restored.value);
    if (text === JSON.stringify(given)) return edited;
    // Nothing but what is hidden was otherwise: it is as it was, byte for byte.
    if (isText && text === JSON.stringify(before)) return event.data;
    return { kind: 'json', bytes: Buffer.from(text) };
  }

  /**
   * Whether an event under another type would show what is hidden in the first, of which it has the data, or some of them:
   * whatever they are, since not each can be told from others by how it reads.
   */
  uncovers(first: Event, made: Event): boolean {
    if (first.type === made.type || this.see(first).event === first) return false;
    const { event } = this.see(made);
    if (event.data?.kind === 'bytes') return true;
    const shown: unknown = event.data === undefined ? undefined : JSON.parse(event.data.bytes.toString('utf8'));
    // What stands there under this type is a mark already, or it would be shown.
    const covered = hideAt(shown, this.#pathsOf(first.type, 'data'), new Set());
    return JSON.stringify(covered) !== JSON.stringify(shown);
  }

  /** What a route would do about an event. */
  preview(event: Event, preview: Preview): Preview {
    if (!this.hidesAnything) return preview;
    const { scrub } = this.see(event);
    if (preview.kind === 'no-match' || preview.kind === 'failed')
      return { ...preview, why: textOf(scrub(preview.why)) };
    if (preview.kind !== 'call') return preview;
    const paths = this.#pathsOf(event.type, 'arguments');
    return { ...preview, arguments: objectOf(scrub(hideAt(preview.arguments, paths, new Set()))) };
  }

  /** What an error says, of an event that may be gone. */
  message(event: Event | undefined, message: string): string {
    return textOf((event === undefined ? scrubAll : this.see(event).scrub)(message));
  }

  /** A memory is prose of a model and of tools about many events: there are no places in it. */
  memory(memory: unknown): unknown {
    return this.hidesAnything ? MARK : memory;
  }

  #pathsOf(type: string | undefined, root: HiddenPlace['root']): readonly (readonly string[])[] {
    // Of what type an event was that is gone nobody knows: it may have been each of them.
    const isMeant = (place: HiddenPlace) => place.root === root && (type === undefined || isOfType(place, type));
    return this.#places.filter(isMeant).map(({ path }) => path);
  }

  #carried(event: Event | undefined, deliveries: readonly DeliveryRecord[]) {
    if (!this.hidesAnything) return { event, deliveries };
    const seen = event === undefined ? undefined : this.see(event);
    const scrub = seen?.scrub ?? scrubAll;
    return { event: seen?.event, deliveries: deliveries.map((one) => this.#delivery(one, event?.type, scrub)) };
  }

  #delivery(delivery: DeliveryRecord, type: string | undefined, scrub: Scrub): DeliveryRecord {
    const { effects, result, error, input, progress, note, waitsIn } = delivery;
    const hideIn = (root: 'arguments' | 'result') => {
      const paths = this.#pathsOf(type, root);
      return (value: unknown) => scrub(hideAt(value, paths, new Set()));
    };
    const [args, results] = [hideIn('arguments'), hideIn('result')];
    return {
      ...delivery,
      effects: effects.map((effect) => seenEffect(effect, args, results, scrub)),
      ...(result === undefined ? {} : { result: results(result) }),
      ...(error === undefined ? {} : { error: { ...error, message: textOf(scrub(error.message)) } }),
      ...(progress?.message === undefined
        ? {}
        : { progress: { ...progress, message: textOf(scrub(progress.message)) } }),
      ...(note === undefined ? {} : { note: textOf(scrub(note)) }),
      ...(waitsIn === undefined ? {} : { waitsIn: textOf(scrub(waitsIn)) }),
      ...(input === undefined ? {} : { input: seenInput(input, args, scrub) }),
    };
  }
}

type Input = NonNullable<DeliveryRecord['input']>;

function seenInput({ asks, responses }: Input, args: Scrub, scrub: Scrub): Input {
  const seen = { ...asks, requests: objectOf(scrub(asks.requests)) };
  return {
    asks: asks.arguments === undefined ? seen : { ...seen, arguments: objectOf(args(asks.arguments)) },
    ...(responses === undefined ? {} : { responses: objectOf(scrub(responses)) }),
  };
}

/** What of an effect is neither payload nor text: numbers and words that mean the same for every event. */
const FACTS = new Set(['step', 'state', 'attempt', 'durationMs', 'server', 'tool', 'key']);

function seenEffect(effect: unknown, args: Scrub, results: Scrub, scrub: Scrub): unknown {
  if (typeof effect !== 'object' || effect === null || Array.isArray(effect)) return scrub(effect);
  const entries = Object.entries(effect).map(([name, value]) => {
    if (FACTS.has(name)) return [name, value];
    // Of a short number, everything else being known, a digest tells which it is.
    if (name === 'targetHash') return [name, MARK];
    if (name === 'arguments') return [name, args(value)];
    if (name === 'result') return [name, results(value)];
    if (name === 'target' || name === 'error') return [name, seenParts(value, args, scrub)];
    return [name, scrub(value)];
  });
  return Object.fromEntries(entries);
}

function seenParts(value: unknown, args: Scrub, scrub: Scrub): unknown {
  if (typeof value !== 'object' || value === null) return scrub(value);
  const words = new Set(['server', 'tool', 'code', 'class']);
  const entries = Object.entries(value).map(([name, one]) =>
    words.has(name) ? [name, one] : [name, name === 'arguments' ? args(one) : scrub(one)],
  );
  return Object.fromEntries(entries);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : MARK;
}

/** An object stays one, so that whoever lists its members can. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function withData(event: Event, value: unknown): Event {
  return { ...event, data: { kind: 'json', bytes: Buffer.from(JSON.stringify(value)) } };
}
