// A tool that takes its time: DELAY_MS for each call, as many at once as are asked for. A share of FAILURES says that it failed.
import { startToolServer } from '../processes/tool-server.ts';
import { announceReady } from './ready.ts';

const { port } = await startToolServer({
  delayMs: Number(process.env.DELAY_MS),
  failures: Number(process.env.FAILURES ?? 0),
});
announceReady(port);
