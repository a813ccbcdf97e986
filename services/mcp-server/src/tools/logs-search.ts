import { z } from 'zod';
import { numberFrom } from '../digest.js';
import { defineTool, READ_ONLY, type Tool, unchanged } from '../tool.js';
import { eventId, text } from './fields.js';

const SYMPTOMS = [
  'upstream answered 503',
  'connection pool exhausted',
  'request took 2,140 ms',
  'container restarted by the liveness probe',
  'retry 3 of 5',
];

/** `logs.search`, which two clouds offer: the same lines for the same service and query, always. */
export function logsSearchTool(cloud: string): Tool {
  return defineTool({
    name: 'logs.search',
    title: 'Search logs',
    description: `Searches the logs of a service running in ${cloud}. Newest line first.`,
    input: z.object({
      eventId,
      service: text,
      query: z.string().max(2_000).default(''),
      limit: z.int().min(1).max(50).default(10),
    }),
    output: z.object({ lines: z.array(z.object({ level: z.string(), message: z.string() })), total: z.int() }),
    annotations: READ_ONLY,
    run({ service, query, limit }) {
      const total = 3 + (numberFrom(`${cloud} ${service} ${query}`) % 40);
      const lines = Array.from({ length: Math.min(limit, total) }, (_, at) => {
        const symptom = numberFrom(`${service} ${query} ${at}`) % SYMPTOMS.length;
        return { level: symptom < 2 ? 'error' : 'warn', message: `${service}: ${SYMPTOMS[symptom]}` };
      });
      return unchanged({ lines, total });
    },
  });
}
