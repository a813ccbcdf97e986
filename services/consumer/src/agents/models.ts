import { type AskModel, createModel, type ModelPrices } from '@millrace/agent';
import type { ModelDefinition } from '@millrace/routing';

/** A model that can be asked. */
export interface Model {
  readonly ask: AskModel;
  readonly prices: ModelPrices;
  readonly maxOutputTokens: number;
}

/** Models by the names that routes have for them. */
export type Models = ReadonlyMap<string, Model>;

/** Makes models of their definitions. Opens no connection. Throws as `readSecret` does, for a key that is not there. */
export function openModels(definitions: readonly ModelDefinition[], readSecret: (name: string) => string): Models {
  return new Map(
    definitions.map(({ name, url, model, apiKeyFrom, timeoutMs, prices, maxOutputTokens }) => {
      const settings = { name, baseUrl: url, model, timeoutMs };
      const ask = createModel(apiKeyFrom === undefined ? settings : { ...settings, apiKey: readSecret(apiKeyFrom) });
      return [name, { ask, prices, maxOutputTokens }];
    }),
  );
}
