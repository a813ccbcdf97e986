/** The value of a context attribute (CloudEvents 1.0 §2: a string, an integer or a boolean on the wire). */
export type AttributeValue = string | number | boolean;

/**
 * An immutable fact from a producer: a CloudEvents 1.0 event whose data are the bytes that were sent.
 *
 * `attributes` holds every context attribute, `specversion`, `id`, `source` and `type` included, extensions untouched
 * and in the order they came in. `id`, `source` and `type` are there a second time because everybody needs them.
 */
export interface Event {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly data: EventData | undefined;
}

/**
 * The data of an event, byte for byte as sent. `json`: the bytes are JSON text in UTF-8, checked, never re-serialised.
 * `bytes`: anything else, such as `data_base64` decoded, or a body with a content type that is not JSON.
 */
export interface EventData {
  readonly kind: 'json' | 'bytes';
  readonly bytes: Buffer;
  /** The same as text, where whoever made the event had it at hand: reading it out of the bytes costs. Of `json` alone. */
  readonly text?: string;
}

/** The JSON text of data of kind `json`. */
export function textOf({ bytes, text }: EventData): string {
  return text ?? bytes.toString('utf8');
}
