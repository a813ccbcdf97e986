import { EventError } from './errors.js';

/** A member of the outermost object, or an element of the outermost array, which has no name. */
export interface JsonMember {
  /** The name with its escapes resolved. */
  readonly name: string | undefined;
  /** First byte of the value. */
  readonly start: number;
  /** One past the last byte of the value; whitespace around it is outside. */
  readonly end: number;
}

const FEW = 16;

/**
 * Collects the outermost members while a text is scanned, one after the other. Throws `EventError` EVENT_MALFORMED for a
 * gap between commas and for a name that stands twice.
 */
export class MemberList {
  readonly list: JsonMember[] = [];
  /** Beyond a few. */
  #names: Set<string> | undefined;
  #name: string | undefined;
  #start = -1;
  #end = -1;
  #separated = false;

  name(name: string): void {
    if (this.#isKnown(name)) throw new EventError('EVENT_MALFORMED', `the name ${JSON.stringify(name)} stands twice`);
    this.#names?.add(name);
    this.#name = name;
  }

  /** The value of the current member reaches at least from `start` to `end`. */
  extend(start: number, end: number): void {
    if (this.#start < 0) this.#start = start;
    this.#end = end;
  }

  separate(): void {
    this.#push();
    this.#separated = true;
  }

  finish(): void {
    if (this.#start >= 0 || this.#name !== undefined || this.#separated) this.#push();
  }

  /** A few names are looked through faster than a set is made; of many, that would take the square of their number. */
  #isKnown(name: string): boolean {
    if (this.#names === undefined && this.list.length >= FEW)
      this.#names = new Set(this.list.map((member) => member.name as string));
    if (this.#names !== undefined) return this.#names.has(name);
    for (const member of this.list) if (member.name === name) return true;
    return false;
  }

  #push(): void {
    if (this.#start < 0) throw new EventError('EVENT_MALFORMED', 'a value is missing');
    this.list.push({ name: this.#name, start: this.#start, end: this.#end });
    this.#name = undefined;
    this.#start = -1;
    this.#separated = false;
  }
}
