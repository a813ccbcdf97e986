import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 20;
const CUTS = 20;

/** How a request of each kind is told from the others: by the keys and values that it alone has. */
const KINDS: Readonly<Record<string, (request: string) => boolean>> = {
  append: (request) => request.includes('}:identity:') && !request.includes('}:changes'),
  settle: (request) => request.includes('}:changes') && request.includes('}:dead'),
  'recorded start': (request) => request.includes('"state":"sent"') && !request.includes('}:changes'),
  heartbeat: (request) =>
    request.includes('}:record:') && request.includes('}:changes') && !/\}:(counters|dead)|"state"/.test(request),
  read: (request) => request.includes('XREADGROUP'),
};

/** S9: Redis does what it is asked, and its answer is lost. */
export const redisAnswersCut: Scenario = {
  id: 'S9',
  title: 'what Redis did, and could not say, is done once',
  fault: "Redis' answers cut off, on append, settle, start, heartbeat and read",
  evidence: Object.fromEntries(Object.keys(KINDS).map((kind) => [`answers cut on ${kind}`, CUTS])),
  minAccepted: 60,
  isShort: false,
  start: () => startSystem(2, { proxied: ['redis'] }),
  async run(stage) {
    const proxy = stage.system.proxy('redis');
    await stage.slowTools(30);
    const load = stage.startLoad(RATE);
    for (const [kind, isMeant] of Object.entries(KINDS)) {
      const before = proxy.counts.cuts;
      proxy.set({ kind: 'cut-reply', where: (request) => isMeant(request.toString('latin1')) });
      await stage.until(() => proxy.counts.cuts - before >= CUTS, `${CUTS} answers on ${kind} are cut`);
      proxy.set({ kind: 'pass' });
      stage.evidence.note(`answers cut on ${kind}`, proxy.counts.cuts - before);
    }
    await load.stop();
  },
};
