import { REDIS_MODES } from '../prepare/redis.mjs';
import { UserError } from '../user-error.mjs';
import { isPortFree } from './ports.mjs';

/**
 * @typedef {object} Settings
 * @property {{ producer: number, operator: number, aws: number, gcp: number, azure: number, model: number }} ports
 * @property {number} consumers how many consumer processes run
 * @property {string} host the address the services listen on
 * @property {string | undefined} modelUrl a language model that somebody else runs; then no scripted one is started
 * @property {string | undefined} redisUrl a Redis that somebody else runs; then none is started
 * @property {number | undefined} redisPort the port our Redis must have; else 6379, or any if that is taken
 * @property {readonly import('../prepare/redis.mjs').RedisMode[]} redisModes where to look for a Redis, in this order
 */

const MAX_CONSUMERS = 64;
/** @type {Record<keyof Settings['ports'], [string, number]>} */
const PORTS = {
  producer: ['PRODUCER_PORT', 8080],
  operator: ['OPERATOR_PORT', 8090],
  aws: ['MCP_AWS_PORT', 4001],
  gcp: ['MCP_GCP_PORT', 4002],
  azure: ['MCP_AZURE_PORT', 4003],
  model: ['MODEL_SCRIPT_PORT', 4010],
};

/**
 * The settings of `npm start`. An empty value counts as unset. Throws a `UserError` with every problem at once.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Settings}
 */
export function readSettings(env) {
  /** @type {string[]} */
  const problems = [];
  /**
   * @param {string} name
   * @param {number} min
   * @param {number} max
   */
  const integer = (name, min, max) => {
    const text = env[name];
    if (!text) return undefined;
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    problems.push(`${name}: must be a whole number from ${min} to ${max}, and is "${text}"`);
    return undefined;
  };
  /** @param {keyof Settings['ports']} key */
  const port = (key) => integer(PORTS[key][0], 1, 65_535) ?? PORTS[key][1];
  const ports = {
    producer: port('producer'),
    operator: port('operator'),
    aws: port('aws'),
    gcp: port('gcp'),
    azure: port('azure'),
    model: port('model'),
  };
  const consumers = integer('CONSUMERS', 1, MAX_CONSUMERS) ?? 2;
  const redisPort = integer('REDIS_PORT', 1, 65_535);
  const redisUrl = env.REDIS_URL || undefined;
  const modelUrl = env.MODEL_URL || undefined;
  if (redisUrl !== undefined && !isRedisUrl(redisUrl)) problems.push('REDIS_URL: must begin redis:// or rediss://');
  const redisModes = REDIS_MODES.filter((mode) => !env.REDIS_MODE || mode === env.REDIS_MODE);
  if (redisModes.length === 0) {
    problems.push(`REDIS_MODE: must be one of ${REDIS_MODES.join(', ')}, and is "${env.REDIS_MODE}"`);
  }
  refuse('settings', [...problems, ...findSharedPorts({ ...namedPorts(ports), REDIS_PORT: redisPort })]);
  return { ports, consumers, host: env.MILLRACE_HOST || '127.0.0.1', modelUrl, redisUrl, redisPort, redisModes };
}

/**
 * Throws a `UserError` naming every port that something else listens on, and the variable that moves it.
 * @param {Settings} settings
 */
export async function requireFreePorts({ ports, modelUrl, redisUrl, redisPort, host }) {
  const named = Object.entries(namedPorts(ports)).filter(([name]) => modelUrl === undefined || name !== PORTS.model[0]);
  const wanted = named.map(([name, port]) => ({ name, port, host }));
  if (redisUrl === undefined && redisPort !== undefined) {
    wanted.push({ name: 'REDIS_PORT', port: redisPort, host: '127.0.0.1' });
  }
  const checked = await Promise.all(
    wanted.map(async (one) => ({ ...one, free: await isPortFree(one.port, one.host) })),
  );
  const problems = checked
    .filter(({ free }) => !free)
    .map(({ name, port }) => `port ${port} is in use: stop what listens there, or choose another with ${name}=…`);
  refuse('ports', problems);
}

/** @param {Settings['ports']} ports */
function namedPorts(ports) {
  return Object.fromEntries(
    Object.entries(PORTS).map(([key, [name]]) => [name, ports[/** @type {keyof typeof ports} */ (key)]]),
  );
}

/** @param {Record<string, number | undefined>} byName */
function findSharedPorts(byName) {
  const entries = Object.entries(byName).filter(([, port]) => port !== undefined);
  return entries.flatMap(([name, port], at) => {
    const other = entries.slice(0, at).find(([, earlier]) => earlier === port);
    return other === undefined ? [] : [`${name}: port ${port} is already that of ${other[0]}`];
  });
}

/** @param {string} text */
function isRedisUrl(text) {
  return /^rediss?:\/\//.test(text) && URL.canParse(text);
}

/**
 * @param {string} what
 * @param {readonly string[]} problems
 */
function refuse(what, problems) {
  if (problems.length > 0)
    throw new UserError(`The system cannot start with these ${what}:\n  ${problems.join('\n  ')}`);
}
