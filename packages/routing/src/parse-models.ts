import { type ConfigProblem, readYaml } from '@millrace/config-files';
import { RouteError } from './errors.js';
import { modelsFileSchema } from './model-schema.js';
import { isHttpUrl, substitute } from './substitute.js';

/** A language model as `models.yaml` describes it; where a secret is needed there is the name of its variable. */
export interface ModelDefinition {
  readonly name: string;
  /** Of an OpenAI-compatible endpoint, the version included. */
  readonly url: string;
  /** The endpoint's own name of the model. */
  readonly model: string;
  readonly apiKeyFrom?: string;
  /** Whether it is asked without a key where that variable is not set. */
  readonly apiKeyOptional: boolean;
  /** For one answer. */
  readonly timeoutMs: number;
  readonly maxOutputTokens: number;
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
    const { apiKeyFrom, apiKeyOptional, timeout: timeoutMs, maxOutputTokens, prices } = source;
    const definition = { name, url, model, apiKeyOptional, timeoutMs, maxOutputTokens, prices };
    return apiKeyFrom === undefined ? definition : { ...definition, apiKeyFrom };
  });
  if (problems.length > 0) throw new RouteError(problems);
  return models;
}
