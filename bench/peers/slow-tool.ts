// A tool that takes its time: DELAY_MS for each call, as many at once as are asked for.
import { startToolServer } from '../processes/tool-server.ts';
import { announceReady } from './ready.ts';

const { port } = await startToolServer({ delayMs: Number(process.env.DELAY_MS) });
announceReady(port);
