/**
 * Cuts a `text/event-stream` into the data of its events, which is all that MCP uses of it (WHATWG HTML §9.2.6). Chunks
 * may end anywhere, in the middle of a character too. Holds at most one unfinished event.
 */
export class EventStreamReader {
  readonly #decoder = new TextDecoder();
  #line = '';
  #data = '';
  #skipLineFeed = false;

  /** Size of the event that is still being received, in UTF-16 units: at most its bytes. */
  get unfinishedLength(): number {
    return this.#line.length + this.#data.length;
  }

  /** The data of the events that this chunk completes, in order. */
  push(chunk: Buffer): readonly string[] {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return [];
    // A carriage return that ended the last chunk may be half of a line end.
    if (this.#skipLineFeed && text.startsWith('\n')) text = text.slice(1);
    this.#skipLineFeed = text.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? '';
    const events: string[] = [];
    for (const end of lines) {
      const line = this.#line + end;
      this.#line = '';
      if (line !== '') this.#takeLine(line);
      else if (this.#data !== '') {
        events.push(this.#data);
        this.#data = '';
      }
    }
    this.#line += rest;
    return events;
  }

  #takeLine(line: string): void {
    if (!line.startsWith('data:')) return;
    const value = line.startsWith('data: ') ? line.slice(6) : line.slice(5);
    this.#data = this.#data === '' ? value : `${this.#data}\n${value}`;
  }
}
