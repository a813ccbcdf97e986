import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { readSettings, requireFreePorts } from '../../scripts/system/settings.mjs';

describe('readSettings', () => {
  it('has the ports of the contract and two consumers by default', () => {
    const { ports, consumers, redisUrl } = readSettings({});
    expect(ports).toEqual({ producer: 8080, operator: 8090, aws: 4001, gcp: 4002, azure: 4003, model: 4010 });
    expect(consumers).toBe(2);
    expect(redisUrl).toBeUndefined();
  });

  it('reports every problem at once', () => {
    const env = { PRODUCER_PORT: 'eighty', CONSUMERS: '0', REDIS_URL: 'http://x', REDIS_MODE: 'magic' };
    expect(() => readSettings(env)).toThrow(/PRODUCER_PORT: .*\n.*CONSUMERS: .*\n.*REDIS_URL: .*\n.*REDIS_MODE: /);
  });

  it('refuses one port for two services', () => {
    const env = { PRODUCER_PORT: '9000', MCP_GCP_PORT: '9000' };
    expect(() => readSettings(env)).toThrow('MCP_GCP_PORT: port 9000 is already that of PRODUCER_PORT');
  });
});

describe('requireFreePorts', () => {
  it('names a port that is in use and the variable that moves it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : Number.NaN;
    const settings = readSettings({ OPERATOR_PORT: String(port) });
    try {
      await expect(requireFreePorts(settings)).rejects.toThrow(
        `port ${port} is in use: stop what listens there, or choose another with OPERATOR_PORT=…`,
      );
    } finally {
      server.close();
    }
  });
});
