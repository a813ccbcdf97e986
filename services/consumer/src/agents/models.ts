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

/** Where keys are: `has` says whether there is one of that name, `read` throws where there is none. */
export interface Secrets {
  readonly has: (name: string) => boolean;
  readonly read: (name: string) => string;
}

/** Makes models of their definitions. Opens no connection. Throws as `secrets.read` does, for a key that has to be there. */
export function openModels(definitions: readonly ModelDefinition[], secrets: Secrets): Models {
  return new Map(
    definitions.map(({ name, url, model, apiKeyFrom, apiKeyOptional, timeoutMs, prices, maxOutputTokens }) => {
      const settings = { name, baseUrl: url, model, timeoutMs };
      const isKeyed = apiKeyFrom !== undefined && !(apiKeyOptional && !secrets.has(apiKeyFrom));
      const ask = createModel(isKeyed ? { ...settings, apiKey: secrets.read(apiKeyFrom) } : settings);
      return [name, { ask, prices, maxOutputTokens }];
    }),
  );
}
