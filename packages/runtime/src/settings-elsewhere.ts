/** A row of the settings page. */
export interface SettingElsewhere {
  readonly name: string;
  readonly fallback: string;
  readonly bounds: string;
  readonly meaning: string;
  readonly readers: readonly string[];
}

/**
 * Settings that no schema has, by the section of the page: what the configuration folder names, and what `npm start` and
 * `docker compose` read by themselves. Tests hold names, defaults and readers against those who read them.
 */
export const ELSEWHERE: Readonly<Record<string, readonly SettingElsewhere[]>> = {
  Consumer: [
    {
      name: 'MCP_AWS_URL',
      fallback: '`http://127.0.0.1:4001/mcp`',
      bounds: 'an http or https URL',
      meaning: 'The server `aws` of `config/servers.yaml`. `npm start` follows `MCP_AWS_PORT` where this is unset.',
      readers: ['consumer', 'npm start'],
    },
    {
      name: 'MCP_GCP_URL',
      fallback: '`http://127.0.0.1:4002/mcp`',
      bounds: 'an http or https URL',
      meaning: 'The server `gcp`, likewise.',
      readers: ['consumer', 'npm start'],
    },
    {
      name: 'MCP_AZURE_URL',
      fallback: '`http://127.0.0.1:4003/mcp`',
      bounds: 'an http or https URL',
      meaning: 'The server `azure`, likewise.',
      readers: ['consumer', 'npm start'],
    },
    {
      name: 'MODEL_URL',
      fallback: '`http://127.0.0.1:4010/v1`',
      bounds: 'an http or https URL',
      meaning:
        'The model of `config/models.yaml`: an OpenAI-compatible endpoint, up to its version. Where it is set, `npm start` starts no scripted model; `docker compose` goes to its own scripted model where it is unset.',
      readers: ['consumer', 'npm start'],
    },
    {
      name: 'MODEL_NAME',
      fallback: '`scripted`',
      bounds: 'not empty',
      meaning: 'The name that this endpoint has for its model.',
      readers: ['consumer', 'docker compose'],
    },
    {
      name: 'MODEL_API_KEY',
      fallback: 'none',
      bounds: 'a secret',
      meaning: 'The key of this endpoint. Unset: it is asked without one.',
      readers: ['consumer', 'docker compose'],
    },
    {
      name: 'SCRIPTED_MODEL_URL',
      fallback: '`http://127.0.0.1:4010/v1`',
      bounds: 'an http or https URL',
      meaning:
        'The scripted model that the route `verify-agent` asks, whatever `MODEL_URL` says. `npm start` follows `MODEL_SCRIPT_PORT`, unless it is set.',
      readers: ['consumer', 'npm start'],
    },
  ],
  '`npm start`': [
    { name: 'CONSUMERS', fallback: '`2`', bounds: '1 to 64', meaning: 'Consumer processes.', readers: ['npm start'] },
    {
      name: 'REDIS_PORT',
      fallback: 'none: 6379, or any free one if that is taken',
      bounds: '1 to 65535',
      meaning: 'Port of the Redis that is started.',
      readers: ['npm start'],
    },
    {
      name: 'REDIS_MODE',
      fallback: 'none: all of them, in this order',
      bounds: 'path, cached, debian, docker',
      meaning: "The one place to take a Redis from. `debian` fetches it from Debian's packages, without root.",
      readers: ['npm start'],
    },
    {
      name: 'MILLRACE_REDIS_SERVER',
      fallback: 'none: the one on `PATH`',
      bounds: 'a path',
      meaning: 'The `redis-server` or `valkey-server` to run.',
      readers: ['npm start', 'npm test'],
    },
  ],
  '`docker compose`': [
    {
      name: 'PROMETHEUS_PORT',
      fallback: '`9090`',
      bounds: '0 is any free one',
      meaning: 'Port of Prometheus.',
      readers: ['docker compose'],
    },
    {
      name: 'ALERTMANAGER_PORT',
      fallback: '`9093`',
      bounds: '0 is any free one',
      meaning: 'Port of Alertmanager.',
      readers: ['docker compose'],
    },
    {
      name: 'GRAFANA_PORT',
      fallback: '`3000`',
      bounds: '0 is any free one',
      meaning: 'Port of Grafana.',
      readers: ['docker compose'],
    },
  ],
};

/** Who reads settings of services besides those. */
export const ALSO_READ_BY: Readonly<Record<string, readonly string[]>> = {
  MILLRACE_HOST: ['npm start'],
  LOG_LEVEL: ['docker compose'],
  REDIS_URL: ['npm start'],
  MILLRACE_PARTITIONS: ['docker compose'],
  PRODUCER_PORT: ['npm start', 'docker compose'],
  MILLRACE_CLAIM_IDLE_MS: ['npm start'],
  MILLRACE_HEARTBEAT_MS: ['npm start'],
  MILLRACE_SWEEP_MS: ['npm start'],
  MILLRACE_DRAIN_MS: ['npm start'],
  OPERATOR_PORT: ['npm start', 'docker compose'],
  MCP_AWS_PORT: ['npm start', 'docker compose'],
  MCP_GCP_PORT: ['npm start', 'docker compose'],
  MCP_AZURE_PORT: ['npm start', 'docker compose'],
  MODEL_SCRIPT_PORT: ['npm start', 'docker compose'],
  MODEL_SCRIPTS: ['npm start'],
};

/** What `npm start` gives a service where nobody says otherwise. */
export const STARTED_WITH: Readonly<Record<string, string>> = {
  MILLRACE_CLAIM_IDLE_MS: '5000',
  MILLRACE_HEARTBEAT_MS: '800',
  MILLRACE_SWEEP_MS: '1000',
  MILLRACE_DRAIN_MS: '7000',
  MODEL_SCRIPTS: 'config/scripted-model.yaml',
};
