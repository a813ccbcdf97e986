import {
  checkHistory,
  combine,
  type Finding,
  findingsOf,
  judge,
  listOwnDeadLetters,
  RecordReader,
  type RouteFigures,
  type SentEvent,
  type Verdict,
  waitForRest,
} from '@millrace/cli';
import { sleep } from '@millrace/core';
import { listHolders, type Unfinished } from '../system/redis-facts.ts';
import type { EvidenceCount } from './evidence.ts';
import { followUpPrefix, judgeFollowUps } from './follow-ups.ts';
import type { Scenario } from './scenario.ts';
import type { Stage, Timing } from './stage.ts';

/** What is left in Redis once everything has come to rest. */
export interface FinalAccount extends Unfinished {
  readonly deadLetters: number;
  /** Names in the consumer group, and the consumer processes that run. */
  readonly consumers: number;
  readonly running: number;
}

/** One route's figures. */
export interface RouteRow extends RouteFigures {
  readonly guarantee: string;
  readonly verdict: Verdict;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly routes: readonly RouteRow[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly EvidenceCount[];
  readonly timings: readonly Timing[];
  readonly account: FinalAccount;
}

export const CANARIES = 10;
const MIN_ACCEPTED = 20;
/** How long a system may take to come to rest, in ms. */
const REST_MS = 240_000;

/** Waits for rest, compares what was accepted, what the system says and what the witnesses saw, and judges it. */
export async function judgeRun(scenario: Scenario, stage: Stage): Promise<Judgement> {
  const { system, ledger, operator, producer, witnesses, prefix, signal } = stage;
  const { restMs = REST_MS } = scenario;
  const sent = ledger.list();
  const records = new RecordReader(producer);
  const isLeft = describeLeftOver(await untilNothingIsLeft(stage, restMs)) !== undefined;
  // What has had its time already is looked at once more, for what is to be said of it.
  const limitMs = isLeft ? 0 : restMs;
  const rest = await waitForRest({ records, refs: refsOf(sent), operator, witnesses, prefix }, limitMs, signal);
  const unfinished = await system.unfinished();
  const deadLetters = await listOwnDeadLetters(operator, prefix, records.firstAcceptedAt);
  const azure = witnesses.find(({ cloud }) => cloud === 'azure');
  if (azure === undefined) throw new Error('azure has no witness');
  const followUps = judgeFollowUps(sent, records.records, await azure.read(followUpPrefix(prefix)));

  const history = {
    routes: stage.routes,
    sent,
    records: records.records,
    deadLetters,
    witnesses: rest.accounts,
    ...(stage.model === undefined ? {} : { model: await stage.model.read(prefix) }),
    faults: [],
    unrest: rest.unrest,
    required: { minAccepted: scenario.minAccepted ?? MIN_ACCEPTED, minHits: {}, minCanaries: CANARIES },
  };
  const report = checkHistory(history);
  const routes = report.routes.map(({ route, verdict, figures }) => ({
    guarantee: route.guarantee,
    verdict,
    ...figures,
  }));
  const run = { stage, history, routes };
  const all = [
    ...findingsOf(report),
    followUps,
    judge('nothing-left', describeLeftOver(unfinished), false),
    ...((await scenario.judgeMore?.(run)) ?? []),
    ...stage.findings,
    ...stage.evidence.findings(),
  ];
  const findings = scenario.reconsider?.(all, run) ?? all;
  return {
    verdict: combine(findings.map(({ verdict }) => verdict)),
    routes,
    findings,
    evidence: stage.evidence.list(),
    timings: stage.timings,
    account: {
      ...unfinished,
      deadLetters: await system.deadLetters(),
      consumers: (await listHolders(system.facts)).size,
      running: system.runningConsumers.length,
    },
  };
}

/** Follow-ups and retries are nobody's record here, so Redis' own counts have to come down to nothing first. */
async function untilNothingIsLeft({ system, signal }: Stage, limitMs: number): Promise<Unfinished> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const unfinished = await system.unfinished();
    if (describeLeftOver(unfinished) === undefined || performance.now() > giveUpAt || signal.aborted) return unfinished;
    await sleep(100, signal);
  }
}

function describeLeftOver({ pending, backlog, due }: Unfinished): string | undefined {
  if (pending === 0 && backlog === 0 && due === 0) return undefined;
  return `${pending} pending, ${backlog} in the backlog, ${due} waiting`;
}

function refsOf(sent: readonly SentEvent[]): ReadonlyMap<string, string> {
  return new Map(sent.flatMap(({ id, refs: [ref] }) => (ref === undefined ? [] : [[id, ref] as const])));
}
