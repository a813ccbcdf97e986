import { type ConfigProblem, readYaml } from '@millrace/config-files';
import { RouteError } from './errors.js';
import { modelsFileSchema } from './model-schema.js';
import { isHttpUrl, substitute } from './substitute.js';

/** A language model as `models.yaml` describes it; where a secret is needed there is the name of its variable. */
export interface ModelDefinition {
  readonly name: string;
  /** Of the endpoint, the version included. */
  readonly url: string;
  /** Whose interface the endpoint speaks. */
  readonly api: 'openai' | 'anthropic';
  /** The endpoint's own name of the model. */
  readonly model: string;
  readonly apiKeyFrom?: string;
  /** Whether it is asked without a key where that variable is not set. */
  readonly apiKeyOptional: boolean;
  /** The models that are asked in its place while it is out, in order. */
  readonly fallbacks: readonly string[];
  /** For one answer. */
  readonly timeoutMs: number;
  readonly maxOutputTokens: number;
  /** The name that an OpenAI-compatible endpoint has for that limit. */
  readonly outputLimitAs: 'max_tokens' | 'max_completion_tokens';
  /** Per million tokens. */
  readonly prices: { readonly input: number; readonly output: number; readonly cached: number };
}

/**
 * Checks a models file as a whole; an empty text has none. In a url and in the endpoint's name of a model, `${NAME}` and
 * `${NAME:-default}` stand for environment variables. Throws `RouteError` with every problem at once.
 */
export function parseModels(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly ModelDefinition[] {
  if (text === '') return [];
  const read = readYaml(text, file, modelsFileSchema);
  if ('problems' in read) throw new RouteError(read.problems);
  const problems: ConfigProblem[] = [];
  const models = Object.entries(read.value.models).map(([name, source]): ModelDefinition => {
    const url = substitute(source.url, env);
    if (!isHttpUrl(url)) problems.push(read.locate(['models', name, 'url'], `${url} is not an http or https URL`));
    const model = substitute(source.model, env);
    if (model === '') problems.push(read.locate(['models', name, 'model'], 'is empty'));
    const { api, apiKeyFrom, apiKeyOptional, timeout: timeoutMs, maxOutputTokens, prices } = source;
    const chain = findFallbacks(name, read.value.models);
    if ('problem' in chain) problems.push(read.locate(['models', name, 'fallback'], chain.problem));
    const fallbacks = 'problem' in chain ? [] : chain.fallbacks;
    const outputLimitAs = source.outputLimitAs ?? limitNameAt(url);
    const limits = { timeoutMs, maxOutputTokens, outputLimitAs };
    const definition = { name, url, api, model, fallbacks, apiKeyOptional, ...limits, prices };
    return apiKeyFrom === undefined ? definition : { ...definition, apiKeyFrom };
  });
  if (problems.length > 0) throw new RouteError(problems);
  return models;
}

/** OpenAI's newer models refuse the older name, which is the only one that some other endpoints know. */
function limitNameAt(url: string): ModelDefinition['outputLimitAs'] {
  const host = isHttpUrl(url) ? new URL(url).hostname : '';
  return host === 'api.openai.com' || host.endsWith('.openai.azure.com') ? 'max_completion_tokens' : 'max_tokens';
}

/** More in a row would take longer than anybody waits. */
const MAX_FALLBACKS = 3;

/** The models that stand in for one, or what is wrong with them. */
function findFallbacks(
  name: string,
  models: Readonly<Record<string, { readonly fallback?: string | undefined }>>,
): { readonly fallbacks: readonly string[] } | { readonly problem: string } {
  const fallbacks: string[] = [];
  for (let next = models[name]?.fallback; next !== undefined; next = models[next]?.fallback) {
    if (!Object.hasOwn(models, next)) return { problem: `no model is called ${next}` };
    if (next === name || fallbacks.includes(next)) return { problem: `leads back to ${next}` };
    fallbacks.push(next);
    if (fallbacks.length > MAX_FALLBACKS) return { problem: `leads through more than ${MAX_FALLBACKS} models` };
  }
  return { fallbacks };
}
