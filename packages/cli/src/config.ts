import { integer, port, readEnv } from '@millrace/runtime';
import { z } from 'zod';

const url = () => z.url({ protocol: /^https?$/, error: 'must be a URL such as http://host:8080' });

const schema = z.object({
  MILLRACE_URL: url().optional(),
  MILLRACE_OPERATOR_URL: url().optional(),
  MILLRACE_API_KEY: z.string().optional(),
  MILLRACE_OPERATOR_KEY: z.string().optional(),
  PRODUCER_PORT: port().default(8080),
  OPERATOR_PORT: port().default(8090),
  MCP_AWS_PORT: port().default(4001),
  MCP_GCP_PORT: port().default(4002),
  MCP_AZURE_PORT: port().default(4003),
  MODEL_SCRIPT_PORT: port().default(4010),
  MILLRACE_CONFIG: z.string().default('config'),
  MILLRACE_DURABILITY: z.enum(['memory', 'fsync', 'replicated']).default('fsync'),
  MILLRACE_PARTITIONS: integer(1, 4_096).default(1),
});

/** Where the services are and how to be let in, as far as the environment says. */
export interface CliConfig {
  readonly url: string;
  readonly operatorUrl: string;
  readonly witnessUrls: readonly string[];
  /** Of the scripted model. */
  readonly modelUrl: string;
  readonly apiKey: string | undefined;
  readonly operatorKey: string | undefined;
  /** Whether `url` was left to its default: then it is the system that `npm start` runs on this machine. */
  readonly isLocal: boolean;
  /** The configuration folder that `routes` commands read, and the durability that its guarantees rest on. */
  readonly configDir: string;
  readonly durability: string;
  /** How many partitions the deployment has, for which the configuration is. */
  readonly partitions: number;
  /** What `servers.yaml` may name: addresses and secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Reads the settings; without any, they are those of the system that `npm start` runs. Throws `ConfigError`. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): CliConfig {
  const values = readEnv(schema, env);
  const here = (at: number) => `http://127.0.0.1:${at}`;
  return {
    url: values.MILLRACE_URL ?? here(values.PRODUCER_PORT),
    operatorUrl: values.MILLRACE_OPERATOR_URL ?? here(values.OPERATOR_PORT),
    witnessUrls: [values.MCP_AWS_PORT, values.MCP_GCP_PORT, values.MCP_AZURE_PORT].map(here),
    modelUrl: here(values.MODEL_SCRIPT_PORT),
    apiKey: values.MILLRACE_API_KEY,
    operatorKey: values.MILLRACE_OPERATOR_KEY,
    isLocal: values.MILLRACE_URL === undefined,
    configDir: values.MILLRACE_CONFIG,
    durability: values.MILLRACE_DURABILITY,
    partitions: values.MILLRACE_PARTITIONS,
    environment: { ...localServers(env), ...env },
  };
}

/** Where `npm start` has its mock clouds, as it tells its services: by the ports that were chosen for them. */
function localServers(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const chosen = ['AWS', 'GCP', 'AZURE'].filter((cloud) => env[`MCP_${cloud}_PORT`]);
  return Object.fromEntries(
    chosen.map((cloud) => [`MCP_${cloud}_URL`, `http://127.0.0.1:${env[`MCP_${cloud}_PORT`]}/mcp`]),
  );
}
