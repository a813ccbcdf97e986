import { join } from 'node:path';

const PROBE_LIMIT_MS = 2_000;
const CLOUDS = /** @type {const} */ (['aws', 'gcp', 'azure']);

/**
 * The services of the system as processes to supervise. They stop in the order of the path of an event: first what
 * accepts, then what carries out, then what shows, and last what is called.
 * @param {{ root: string, stateDir: string, settings: import('./settings.mjs').Settings, redisUrl: string, env: NodeJS.ProcessEnv }} place
 * @returns {import('./process-spec.mjs').ProcessSpec[]}
 */
export function describeServices({ root, stateDir, settings, redisUrl, env }) {
  const { ports, consumers, host, modelUrl } = settings;
  const reachable = formatHost(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host);
  const clouds = CLOUDS.map((cloud) => {
    const prefix = `MCP_${cloud.toUpperCase()}`;
    return { cloud, portName: `${prefix}_PORT`, urlName: `${prefix}_URL`, port: ports[cloud] };
  });
  const urls = clouds.map(({ urlName, port }) => [urlName, env[urlName] || `http://${reachable}:${port}/mcp`]);
  const common = {
    // Node keeps what it compiled, so that every start but the first is quick.
    NODE_COMPILE_CACHE: join(stateDir, 'compile-cache'),
    ...env,
    ...Object.fromEntries(urls),
    MODEL_URL: modelUrl ?? `http://${reachable}:${ports.model}/v1`,
    SCRIPTED_MODEL_URL: env.SCRIPTED_MODEL_URL || `http://${reachable}:${ports.model}/v1`,
    REDIS_URL: redisUrl,
    // They stop by themselves when the channel to their supervisor closes.
    MILLRACE_SUPERVISED: 'true',
  };
  const consumerSettings = {
    CONSUMER_PORT: '0',
    // Draining must end before the supervisor's own limit, or a long tool call is cut instead of left to the claim.
    MILLRACE_DRAIN_MS: env.MILLRACE_DRAIN_MS || '7000',
    // One machine, no network between consumers and Redis: what a dead consumer held is taken over soon.
    MILLRACE_CLAIM_IDLE_MS: env.MILLRACE_CLAIM_IDLE_MS || '5000',
    MILLRACE_HEARTBEAT_MS: env.MILLRACE_HEARTBEAT_MS || '800',
    MILLRACE_SWEEP_MS: env.MILLRACE_SWEEP_MS || '1000',
  };
  /**
   * @param {string} service
   * @param {{ name?: string, stopOrder: number, port?: number, settings: Record<string, string> }} options
   */
  const describe = (service, { name = service, stopOrder, port, settings: own }) => ({
    name,
    stopOrder,
    command: process.execPath,
    args: [join(root, 'services', service, 'dist', 'main.js')],
    env: { ...common, ...own },
    announces: true,
    /** @param {number | undefined} announced */
    isReady: (announced) => answersReady(reachable, announced ?? port),
  });
  const scriptedModel = describe('model-script', {
    stopOrder: 4,
    port: ports.model,
    settings: {
      MODEL_SCRIPT_PORT: String(ports.model),
      MODEL_SCRIPTS: env.MODEL_SCRIPTS || join(root, 'config', 'scripted-model.yaml'),
    },
  });
  return [
    describe('producer', { stopOrder: 1, port: ports.producer, settings: { PRODUCER_PORT: String(ports.producer) } }),
    ...Array.from({ length: consumers }, (_, at) =>
      describe('consumer', { name: `consumer-${at + 1}`, stopOrder: 2, settings: consumerSettings }),
    ),
    describe('operator', { stopOrder: 3, port: ports.operator, settings: { OPERATOR_PORT: String(ports.operator) } }),
    ...clouds.map(({ cloud, portName, port }) =>
      describe('mcp-server', {
        name: `mcp-${cloud}`,
        stopOrder: 4,
        port,
        settings: { CLOUD: cloud, [portName]: String(port) },
      }),
    ),
    ...(modelUrl === undefined ? [scriptedModel] : []),
  ];
}

/**
 * @param {string} host
 * @param {number | undefined} port
 */
async function answersReady(host, port) {
  try {
    // Closed at once, so that no idle connection of ours is in the way when the service stops.
    const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(PROBE_LIMIT_MS) };
    const response = await fetch(`http://${host}:${port}/readyz`, options);
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Refused, cut or too slow: not ready, and the caller's limit bounds how long that may last.
    return false;
  }
}

/** @param {string} host */
function formatHost(host) {
  return host.includes(':') ? `[${host}]` : host;
}
