import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../src/config.js';

describe('loadConfig', () => {
  it('gives each cloud its own port and witness file', () => {
    const configs = ['aws', 'gcp', 'azure'].map((CLOUD) => loadConfig({ CLOUD }));
    expect(configs.map(({ port }) => port)).toEqual([4001, 4002, 4003]);
    expect(configs[1]?.witnessFile).toBe('.millrace/witness/gcp.jsonl');
    expect(configs[1]?.host).toBe('127.0.0.1');
  });

  it('adds allowed hosts to the loopback names', () => {
    const { allowedHosts } = loadConfig({ CLOUD: 'aws', MILLRACE_ALLOWED_HOSTS: 'mcp-aws, mcp.internal' });
    expect(allowedHosts).toEqual(['localhost', '127.0.0.1', '[::1]', 'mcp-aws', 'mcp.internal']);
  });

  it('reports every problem at once', () => {
    const env = { CLOUD: 'moon', MCP_AWS_PORT: '99999', MILLRACE_ALLOWED_HOSTS: 'http://a' };
    expect(() => loadConfig(env)).toThrow(/CLOUD[\s\S]*MCP_AWS_PORT[\s\S]*MILLRACE_ALLOWED_HOSTS/);
  });
});
