const ESSENCE = /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** A media type without its parameters, in lower case; undefined when it is not one. Control characters never pass. */
export function essenceOf(contentType: string): string | undefined {
  const semicolon = contentType.indexOf(';');
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).replace(/ +$/, '').toLowerCase();
  return ESSENCE.test(essence) ? essence : undefined;
}

/** Whether data of this content type are JSON text: `…/json` or `…+json` (CloudEvents JSON format 1.0 §3.1). */
export function isJsonType(contentType: string): boolean {
  const essence = essenceOf(contentType);
  return essence !== undefined && (essence.endsWith('/json') || essence.endsWith('+json'));
}
