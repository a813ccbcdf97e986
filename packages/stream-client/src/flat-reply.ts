/** A reply of the form name, value, name, value (XINFO and its like) as an object. */
export function toObject(flat: readonly unknown[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let i = 0; i < flat.length; i += 2) object[String(flat[i])] = flat[i + 1];
  return object;
}
