import { EventMaker, ID_DIGITS } from './events.ts';

/**
 * Makes posts of events that have not been seen before, out of the same bytes: all that differs are the digits of the ids. To make
 * each of them anew would take from the server as much of the machine as some servers need to answer.
 */
export class RequestMaker {
  readonly #bytes: Buffer;
  /** Where the digits of each id begin. */
  readonly #digitsAt: readonly number[];
  #made = 0;

  /** `batch`: so many events in each post. Default: one, by itself. */
  constructor(path: string, batch?: number) {
    const events = new EventMaker();
    const body = batch === undefined ? events.nextJson() : events.nextBatch(batch);
    const type = `application/cloudevents${batch === undefined ? '' : '-batch'}+json`;
    const head = [`POST ${path} HTTP/1.1`, 'host: bench', `content-type: ${type}`, `content-length: ${body.length}`];
    this.#bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
    this.#digitsAt = placesAfter(this.#bytes, events.front);
  }

  /** The next post as a whole, good until the one after it is asked for. */
  next(): Buffer {
    for (const at of this.#digitsAt) {
      let left = ++this.#made;
      for (let digit = at + ID_DIGITS - 1; digit >= at; digit--) {
        this.#bytes[digit] = 0x30 + (left % 10);
        left = Math.floor(left / 10);
      }
    }
    return this.#bytes;
  }
}

function placesAfter(bytes: Buffer, text: string): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) places.push(at + text.length);
  return places;
}
