/** Something that a cloud lets be read. */
export interface Resource {
  readonly name: string;
  /** A uri, or a template of one with `{name}` in it (RFC 6570). */
  readonly uri: string;
  readonly title: string;
  readonly description: string;
  /** `values`: what stands in the places of a template. */
  readonly text: (values: Readonly<Record<string, string>>) => string;
}
