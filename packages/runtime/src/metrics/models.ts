import { Counter, Histogram, type Registry } from 'prom-client';
import { DURATION_BUCKETS, TOKEN_BUCKETS } from './buckets.js';
import { createTracedHistogram } from './traced-histogram.js';

/** Questions to language models: how long, how many tokens, at what cost. */
export function createModelMetrics(registry: Registry) {
  const registers = [registry];
  return {
    modelDuration: createTracedHistogram(registry, {
      name: 'gen_ai_client_operation_duration_seconds',
      help: 'Questions to language models by route and model, as models.yaml calls it. error_type is there for those that were not answered, and is the code.',
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model', 'route', 'error_type'],
      buckets: DURATION_BUCKETS,
    }),
    modelTokens: new Histogram({
      name: 'gen_ai_client_token_usage',
      help: 'Tokens of answers by type: input and output.',
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model', 'gen_ai_token_type', 'route'],
      buckets: TOKEN_BUCKETS,
      registers,
    }),
    modelCachedTokens: new Counter({
      name: 'millrace_model_cached_tokens_total',
      help: 'Tokens of the input of answers that came out of the cache of the model.',
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model', 'route'],
      registers,
    }),
    modelCost: new Counter({
      name: 'millrace_model_cost_total',
      help: 'What answers have cost by the prices in models.yaml, in their currency.',
      labelNames: ['gen_ai_operation_name', 'gen_ai_request_model', 'route'],
      registers,
    }),
  };
}
