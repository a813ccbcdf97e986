import { join, resolve } from 'node:path';
import { type EventSchemas, parseEventSchemas, readSchemaTexts, SchemaError } from '@millrace/config-files';

/** The event schemas as they stand in the configuration folder, or why they cannot be used. */
export type SchemasRead = { readonly schemas: EventSchemas } | { readonly why: string };

/** The event schemas of the configuration folder, read when somebody asks and compiled when they have changed. */
export class SchemaFiles {
  readonly #folder: string;
  #known: { readonly text: string; readonly read: SchemasRead } | undefined;

  constructor(configDir: string) {
    this.#folder = join(resolve(configDir), 'schemas');
  }

  /** A folder that is not there has no schemas, as for the producer. Schemas that are broken are an answer. */
  async read(): Promise<SchemasRead> {
    try {
      const texts = await readSchemaTexts(this.#folder);
      const text = JSON.stringify([...texts]);
      if (this.#known?.text !== text) this.#known = { text, read: { schemas: parseEventSchemas(this.#folder, texts) } };
      return this.#known.read;
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      return { why: error.message };
    }
  }
}
