import type { Person } from '../access/require-person.js';
import { Redactor } from './redactor.js';
import type { HiddenPlace } from './rules.js';

/** From whom something is hidden. */
export type HiddenFrom = 'everybody' | 'viewers';

/** What is hidden from whom. */
export class Redaction {
  readonly #redactor: Redactor;
  readonly #whole = new Redactor();

  constructor(
    places: readonly HiddenPlace[],
    private readonly from: HiddenFrom,
  ) {
    this.#redactor = new Redactor(places);
  }

  /** What shows somebody what may be seen. */
  for({ role }: Pick<Person, 'role'>): Redactor {
    return this.from === 'everybody' || role === 'viewer' ? this.#redactor : this.#whole;
  }
}
