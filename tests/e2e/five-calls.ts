import { modelNameOf } from '@millrace/agent';
import type { Cloud } from '../system/mock-cloud.js';
import type { ServiceProcess } from '../system/service-process.js';

/** The servers file of a system whose agents call tools at three clouds. */
export const SERVERS = `
servers:
  aws: { url: "\${MCP_AWS_URL}", privateAddresses: true, trustAnnotations: true }
  gcp: { url: "\${MCP_GCP_URL}", privateAddresses: true, trustAnnotations: true }
  azure: { url: "\${MCP_AZURE_URL}", privateAddresses: true, trustAnnotations: true }
`;

/** The agent route that carries `fiveCalls` out, without the list's beginning. */
export const TRIAGE = `
  - id: triage
    on: { type: com.ops.incident }
    agent:
      tools: ['gcp/stock.*', 'gcp/parcel.book', 'azure/ticket.open', 'aws/audit.write']
      instructions: Deal with the incident.
      trust: anonymous
      fixed: '{ "eventId": id }'
      limits: { steps: 6, calls: 8 }
    delivery: effectively-once
    idempotency: key
    timeout: 60s
    retry: { attempts: 5, initial: 50ms, max: 200ms }
    emit: { type: com.ops.triaged, data: '{ "said": result.output }' }
`;

/** Has the scripted model follow these scripts from now on; what it was asked before is forgotten. */
export async function follow(model: { readonly url: string }, scripts: readonly object[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${model.url}/scripts`, { method: 'PUT', headers, body: JSON.stringify(scripts) });
  if (!answer.ok) throw new Error(await answer.text());
}

/** What the model was asked since it got its scripts, and what became of it. */
export async function asked(
  model: ServiceProcess,
): Promise<readonly { readonly script: string; readonly answer: number; readonly outcome: string }[]> {
  const { last } = (await (await fetch(`${model.url}/requests`)).json()) as {
    last: { script: string; answer: number; outcome: string }[];
  };
  return last;
}

export function call(server: Cloud, tool: string, args: object) {
  return { tool: modelNameOf({ server, tool }), arguments: args };
}

/** Five calls at three clouds in three answers, then a word; the answer `hangAt` is not given the first time. */
export function fiveCalls(eventId: string, hangAt?: number) {
  const order = { eventId, orderId: 'o-1' };
  const answers = [
    {
      calls: [
        call('gcp', 'stock.reserve', { ...order, sku: 'a' }),
        call('azure', 'ticket.open', { eventId, title: 't' }),
      ],
    },
    { calls: [call('aws', 'audit.write', { eventId, action: 'triage' })] },
    {
      calls: [
        call('gcp', 'parcel.book', { ...order, address: 'Main St 1' }),
        call('gcp', 'stock.release', { ...order, sku: 'a' }),
      ],
    },
    { text: 'dealt with' },
  ];
  const hang = { faults: [{ kind: 'hang' }] };
  return {
    name: eventId,
    when: eventId,
    answers: answers.map((one, at) => (at === hangAt ? { ...one, ...hang } : one)),
  };
}
