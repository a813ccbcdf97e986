import { Pool } from 'undici';
import { spreadOf } from '../suite/summary.ts';

const CALLS = 10;

/** How long a call of a tool server takes in ms, from its request to its answer, while nothing else is under way: the median of some. */
export async function timeAlone(port: number): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1 });
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'alone', arguments: {} },
  });
  const times: number[] = [];
  try {
    // The first one opens the connection.
    for (let n = 0; n <= CALLS; n++) {
      const startedAt = performance.now();
      const reply = await pool.request({ path: '/mcp', method: 'POST', headers, body });
      await reply.body.dump();
      if (n > 0) times.push(performance.now() - startedAt);
    }
  } finally {
    await pool.destroy();
  }
  return spreadOf(times).median;
}
