import { type AskModel, createModel, type ModelPrices } from '@millrace/agent';
import type { ModelDefinition } from '@millrace/routing';

/** A model that can be asked. */
export interface Model {
  readonly ask: AskModel;
  readonly prices: ModelPrices;
  readonly maxOutputTokens: number;
  /** Those that are asked in its place while it is out, in order. */
  readonly fallbacks?: readonly NamedModel[];
}

/** A model with the name that routes have for it. */
export type NamedModel = Pick<Model, 'ask' | 'prices'> & { readonly name: string };

/** Models by the names that routes have for them. */
export type Models = ReadonlyMap<string, Model>;

/** Where keys are: `has` says whether there is one of that name, `read` throws where there is none. */
export interface Secrets {
  readonly has: (name: string) => boolean;
  readonly read: (name: string) => string;
}

/** Makes models of their definitions. Opens no connection. Throws as `secrets.read` does, for a key that has to be there. */
export function openModels(definitions: readonly ModelDefinition[], secrets: Secrets): Models {
  const opened = new Map(definitions.map((definition) => [definition.name, openModel(definition, secrets)]));
  return new Map(
    definitions.map(({ name, prices, maxOutputTokens, fallbacks }) => {
      const others = fallbacks.flatMap((other) => opened.get(other) ?? []);
      const ask = opened.get(name)?.ask;
      if (ask === undefined) throw new Error(`the model ${name} was not opened`);
      return [name, { ask, prices, maxOutputTokens, fallbacks: others }];
    }),
  );
}

function openModel(
  { name, url, api, model, prices, timeoutMs, outputLimitAs, ...key }: ModelDefinition,
  secrets: Secrets,
): NamedModel {
  const { apiKeyFrom, apiKeyOptional } = key;
  const settings = { name, baseUrl: url, api, model, timeoutMs, outputLimitAs };
  const isKeyed = apiKeyFrom !== undefined && !(apiKeyOptional && !secrets.has(apiKeyFrom));
  return { name, prices, ask: createModel(isKeyed ? { ...settings, apiKey: secrets.read(apiKeyFrom) } : settings) };
}
