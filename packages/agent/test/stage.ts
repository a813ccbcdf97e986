import { type AgentTask, createModel, type ServerTool } from '@millrace/agent';
import { createToolCaller, type ToolCaller, type ToolLister } from '@millrace/mcp-client';
import { putFaults, readWitness } from '../../../tests/system/mock-cloud.js';
import { type ServiceProcess, startService } from '../../../tests/system/service-process.js';
import { modelNameOf } from '../src/tool-names.js';

/** A scripted model and one mock cloud, as real processes. */
export interface Stage {
  readonly cloud: ServiceProcess;
  readonly tools: ToolCaller & ToolLister;
  readonly offered: readonly ServerTool[];
  follow(...scripts: readonly object[]): Promise<void>;
  /** What the model was asked since the scripts were set, as `answer outcome`. */
  asked(): Promise<readonly string[]>;
  effectsOf(eventId: string): Promise<{ readonly requests: number; readonly effects: number }>;
  breakTools(...faults: Parameters<typeof putFaults>[1]): Promise<void>;
  model(timeoutMs?: number): ReturnType<typeof createModel>;
  close(): Promise<void>;
}

export async function openStage(witnessFile: string): Promise<Stage> {
  const model = await startService('model-script', { MODEL_SCRIPT_PORT: '0' });
  const cloud = await startService('mcp-server', { CLOUD: 'gcp', MCP_GCP_PORT: '0', WITNESS_FILE: witnessFile });
  const tools = createToolCaller([{ name: 'gcp', url: `${cloud.url}/mcp`, privateAddresses: true }]);
  const listing = await tools.listTools('gcp', AbortSignal.timeout(60_000));
  if (listing.kind === 'failed') throw listing.error;
  const offered = listing.tools.map((description) => ({ server: 'gcp', tool: description.name, description }));
  return {
    cloud,
    tools,
    offered,
    follow: async (...scripts) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${model.url}/scripts`, { method: 'PUT', headers, body: JSON.stringify(scripts) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    asked: async () => {
      const { last } = (await (await fetch(`${model.url}/requests`)).json()) as {
        last: { answer: number; outcome: string }[];
      };
      return last.map(({ answer, outcome }) => `${answer} ${outcome}`);
    },
    effectsOf: async (eventId) => {
      const { requests, effects } = (await readWitness(cloud.url)).get(eventId) ?? { requests: 0, effects: 0 };
      return { requests, effects };
    },
    breakTools: (...faults) => putFaults(cloud.url, faults),
    model: (timeoutMs = 10_000) =>
      createModel({ name: 'scripted', api: 'openai', baseUrl: `${model.url}/v1`, model: 'scripted', timeoutMs }),
    close: async () => {
      await tools.close();
      await model.stop();
      await cloud.stop();
    },
  };
}

/** A task that may use every tool of the cloud, with room to spare. */
export function aTask(stage: Stage, overrides: Partial<AgentTask> = {}): AgentTask {
  return {
    instructions: 'Reserve what the order needs.',
    event: '{"orderId":"o-1"}',
    allow: ['gcp/*'],
    tools: stage.offered,
    limits: { steps: 10, calls: 20, tokens: 100_000, seconds: 60, cost: 1 },
    approval: { rule: 'never', isEventTrusted: true, afterOutside: 'never' },
    onDeclined: 'tell',
    ...overrides,
  };
}

/** A call of a tool of the cloud, as a script has it. */
export function callOf(tool: string, args: object | string) {
  return { tool: modelNameOf({ server: 'gcp', tool }), arguments: args };
}
