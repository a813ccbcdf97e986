/** Bytes of one event: of its JSON, or in binary mode of its body. The default; a deployment may set another. */
export const MAX_EVENT_BYTES = 256 * 1024;
/** Bytes in UTF-8 of the names and values of all context attributes of one event together. */
export const MAX_ATTRIBUTE_BYTES = 16 * 1024;
/** How deep the data of an event may be nested: `[[1]]` is 2 deep. */
export const MAX_DATA_DEPTH = 32;
/** JSON values in one event. Counted as commas and opening brackets, so an empty `[]` or `{}` may count twice. */
export const MAX_VALUES = 10_000;
/** Events in one batch. */
export const MAX_BATCH_EVENTS = 1_000;
