import { randomBytes } from 'node:crypto';
import { type ApprovalPolicy, findCaution, type ToolNature } from './approval.js';
import { cleanText, explainFence, fenceOff } from './fence.js';
import type { AgentToolCall, Journal, PersonAnswer, StepTools, ToolAnswer } from './journal.js';
import {
  type AgentLimits,
  addAnswer,
  findReachedLimit,
  type ModelPrices,
  NOTHING_SPENT,
  type Spent,
} from './limits.js';
import type { AskModel, ModelAnswer, ModelCall, Turn } from './model-answer.js';
import { ModelError } from './model-error.js';
import { OfferedTools, type ServerTool } from './offered-tools.js';
import { type AgentOutcome, type AgentReport, type CallReport, RunEnded, type StepReport } from './outcome.js';
import { createResultTool, RESULT_TOOL, type ResultTool } from './result-tool.js';
import { renderResources, type ShownResource } from './shown-resource.js';

/** What an agent is to do, and how far it may go. */
export interface AgentTask {
  /** The operator's own words. */
  readonly instructions: string;
  /** The event, as text. A stranger's words. */
  readonly event: string;
  /** What is remembered of earlier events, as text: no more to be obeyed than the event. */
  readonly memory?: string;
  /** What was read for it. */
  readonly resources?: readonly ShownResource[];
  /** Whether what it is shown besides the event was brought back from outside, all or part of it. */
  readonly hasReadOutside?: boolean;
  /** Patterns `server/tool` of what may be called. */
  readonly allow: readonly string[];
  /** What there is. What the policy does not allow is not shown to the model. */
  readonly tools: readonly ServerTool[];
  readonly limits: AgentLimits;
  /** Which calls a person has to approve. */
  readonly approval: ApprovalPolicy;
  /**
   * Arguments that are not the model's to choose: of every tool that takes one of that name. The model is not told of them,
   * and a call in which it says something else is denied.
   */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** What a person's no comes to: the model is told, or the run ends. */
  readonly onDeclined: 'tell' | 'stop';
  /** JSON Schema of an object that the result must fit. Without it the result is the model's last text. */
  readonly resultSchema?: object;
}

/** What a run works with. */
export interface AgentParts {
  readonly ask: AskModel;
  readonly prices: ModelPrices;
  /** Those of models that are asked in its place, by name. */
  readonly otherPrices?: ReadonlyMap<string, ModelPrices>;
  /** Tokens of one answer. */
  readonly maxOutputTokens: number;
  readonly journal: Journal;
  /** Told of what has been done so far as it grows: known too where the run ends by the journal's will, or not in time. */
  readonly noteReport?: (report: AgentReport) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Characters of an event, and of a tool's answer, that a model is shown. */
const MAX_EVENT_CHARS = 100_000;
const MAX_RESULT_CHARS = 16_000;
const MAX_REASON_CHARS = 1_000;
/** Bytes of JSON of one answer that are kept. */
const MAX_ANSWER_BYTES = 49_152;

/**
 * Lets a model work on an event with tools until it has a result or comes to a limit. Each answer of the model and each
 * tool's answer is in the journal before the next is asked for: run again with the same journal, it takes from there what
 * is known, asks the model for nothing twice that was kept, and goes on where it stopped. Calls go out one after the other.
 *
 * Rejects only as the journal does, and for a result schema that cannot be used (`TypeError`).
 */
export async function runAgent(task: AgentTask, parts: AgentParts, signal: AbortSignal): Promise<AgentOutcome> {
  const resultTool = task.resultSchema === undefined ? undefined : createResultTool(task.resultSchema);
  const run = new Run(task, parts, resultTool, signal);
  try {
    return { kind: 'done', ...(await run.toResult()), report: run.report };
  } catch (error) {
    if (!(error instanceof RunEnded)) throw error;
    const { end, report } = { end: error.end, report: run.report };
    if ('error' in end) return { kind: 'failed', ...end, report };
    return 'limit' in end ? { kind: 'limit', ...end, report } : { kind: 'declined', message: end.declined, report };
  }
}

interface Start {
  readonly startedAt: number;
  /** Of the fence; nobody outside knows it. */
  readonly token: string;
}

class Run {
  readonly #task: AgentTask;
  readonly #parts: AgentParts;
  readonly #offered: OfferedTools;
  readonly #resultTool: ResultTool | undefined;
  readonly #signal: AbortSignal;
  readonly #turns: Turn[] = [];
  readonly #steps: StepReport[] = [];
  #spent: Spent = NOTHING_SPENT;
  /** For people, all calls together. The limit of time does not run meanwhile. */
  #waitedMs = 0;
  #hasReadOutside: boolean;

  constructor(task: AgentTask, parts: AgentParts, resultTool: ResultTool | undefined, signal: AbortSignal) {
    this.#task = task;
    this.#parts = parts;
    this.#offered = new OfferedTools(task.tools, task.allow, task.fixed);
    this.#resultTool = resultTool;
    this.#signal = signal;
    this.#hasReadOutside = task.hasReadOutside === true;
  }

  get report() {
    const resources = this.#task.resources?.map(({ name, verdict }) => ({ name, verdict })) ?? [];
    return { spent: this.#spent, steps: this.#steps, ...(resources.length === 0 ? {} : { resources }) };
  }

  async toResult(): Promise<{ readonly result: unknown; readonly leftMs: number }> {
    const { journal, now } = this.#parts;
    const start = await journal.keep('start', async () => ({
      startedAt: now(),
      token: randomBytes(9).toString('hex'),
    }));
    for (;;) {
      const limit = findReachedLimit(this.#task.limits, this.#spent);
      if (limit !== undefined) throw new RunEnded({ limit });
      const step = this.#spent.steps;
      const answer = await journal.keep(String(step), () => this.#ask(start));
      this.#spent = addAnswer(this.#spent, answer.usage, this.#pricesOf(answer));
      const calls: CallReport[] = [];
      this.#steps.push({ text: answer.text, calls, ...(answer.by === undefined ? {} : { model: answer.by }) });
      this.#parts.noteReport?.(this.report);
      const handed = this.#takeResult(answer);
      if ('result' in handed) return { result: handed.result, leftMs: this.#leftMs(start) };
      for (const [at, call] of answer.calls.entries()) {
        const report = await this.#carry(`${step}.${at}`, call, handed, start);
        calls.push(report);
        if (report.verdict === 'declined' && this.#task.onDeclined === 'stop')
          throw new RunEnded({ declined: `a person has said no to ${report.tool ?? report.name}` });
      }
      const results = calls.map(({ said }) => said);
      this.#turns.push({ answer, results, ...(handed.remark === undefined ? {} : { remark: handed.remark }) });
    }
  }

  #pricesOf({ by }: ModelAnswer): ModelPrices {
    const { prices, otherPrices } = this.#parts;
    return (by === undefined ? undefined : otherPrices?.get(by)) ?? prices;
  }

  async #ask({ startedAt, token }: Start): Promise<ModelAnswer> {
    const { ask, maxOutputTokens } = this.#parts;
    const { instructions, limits } = this.#task;
    const tools = [...this.#offered.forModel, ...(this.#resultTool === undefined ? [] : [this.#resultTool.forModel])];
    const question = {
      instructions: `${instructions}\n\n${explainFence(token)}`,
      opening: this.#open(token),
      turns: this.#turns,
      tools,
      maxOutputTokens: Math.max(1, Math.min(maxOutputTokens, limits.tokens - this.#spent.input - this.#spent.output)),
    };
    const answer = await this.#withinTime(startedAt, (signal) => ask(question, signal));
    return boundAnswer(answer, limits.calls - this.#spent.calls + 1);
  }

  /** The first message: what was remembered, what was read, and the event. */
  #open(token: string): string {
    const { event, memory, resources = [] } = this.#task;
    const before = [
      ...(memory === undefined ? [] : [`What earlier events of this context have left:\n${fenceOff(memory, token)}`]),
      ...(resources.length === 0
        ? []
        : [`What there is to know, as servers have it:\n${fenceOff(renderResources(resources), token)}`]),
    ];
    const fenced = fenceOff(cleanText(event, MAX_EVENT_CHARS), token);
    return before.length === 0 ? fenced : [...before, `The event:\n${fenced}`].join('\n\n');
  }

  #leftMs({ startedAt }: Pick<Start, 'startedAt'>): number {
    return startedAt + this.#waitedMs + this.#task.limits.seconds * 1_000 - this.#parts.now();
  }

  /** Does what takes time for as long as there is some. Nothing that was kept comes here, so a late replay is no offence. */
  async #withinTime<T>(startedAt: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const leftMs = this.#leftMs({ startedAt });
    if (leftMs <= 0) throw new RunEnded({ limit: 'seconds' });
    const time = AbortSignal.timeout(Math.min(leftMs, 2_147_483_647));
    try {
      return await work(AbortSignal.any([this.#signal, time]));
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      if (time.aborted && !this.#signal.aborted) throw new RunEnded({ limit: 'seconds' });
      const { code, message, class: errorClass, retryable, retryAfterMs } = error;
      const failure = { by: 'model' as const, code, message, class: errorClass, retryable };
      throw new RunEnded({ error: retryAfterMs === undefined ? failure : { ...failure, retryAfterMs } });
    }
  }

  /** The result, if this answer has it; else what the model is to be told. */
  #takeResult(
    answer: ModelAnswer,
  ): { readonly result: unknown } | { readonly remark?: string; readonly refusal?: string } {
    const { text, calls, finish } = answer;
    if (finish === 'refused') {
      const message = 'the provider of the model has stopped its answer';
      const error = {
        by: 'model' as const,
        code: 'MODEL_REFUSED',
        message,
        class: 'refused' as const,
        retryable: false,
      };
      throw new RunEnded({ error });
    }
    const handed = this.#resultTool?.take(answer) ?? { kind: 'nothing' };
    if (handed.kind === 'result') return { result: handed.result };
    if (handed.kind === 'refused') return { refusal: handed.reason };
    if (calls.length > 0) return {};
    if (finish === 'length') return { remark: 'Your answer was cut at the limit of its length. Be shorter.' };
    if (this.#resultTool !== undefined) return { remark: `Hand in your result with ${RESULT_TOOL}.` };
    if (text.trim() === '') return { remark: 'Your answer was empty. Answer, or call a tool.' };
    return { result: text };
  }

  async #carry(
    step: string,
    call: ModelCall,
    { refusal }: { readonly refusal?: string },
    start: Start,
  ): Promise<CallReport> {
    if (this.#spent.calls >= this.#task.limits.calls) throw new RunEnded({ limit: 'calls' });
    this.#spent = { ...this.#spent, calls: this.#spent.calls + 1 };
    this.#parts.noteReport?.(this.report);
    const waitedBefore = this.#waitedMs;
    const report = await this.#parts.journal.keep(step, async (tools): Promise<CallReport> => {
      const { name } = call;
      if (name === RESULT_TOOL && refusal !== undefined)
        return { step, name, verdict: 'invalid', said: `The result is not accepted: ${refusal}` };
      const admission = this.#offered.admit(name, call.input);
      if (admission.kind !== 'allowed') {
        const { kind: verdict, tool, reason } = admission;
        const said = `Not called: ${cleanText(reason, MAX_RESULT_CHARS)}`;
        return { step, name, ...(tool === undefined ? {} : { tool: `${tool.server}/${tool.tool}` }), verdict, said };
      }
      const tool = `${admission.call.server}/${admission.call.tool}`;
      const permission = await this.#askPerson(admission.call, admission.nature, tools);
      this.#waitedMs += (permission?.waitedMs ?? 0) + tools.waitedMs();
      const waitedMs = this.#waitedMs - waitedBefore;
      const facts = { step, name, tool, ...(waitedMs === 0 ? {} : { waitedMs }) };
      if (permission?.isApproved === false)
        return { ...facts, verdict: 'declined', said: this.#sayDeclined(tool, permission.reason, start) };
      const answer = await this.#call(admission.call, tools, start);
      const words = cleanText(wordsOf(answer), MAX_RESULT_CHARS);
      return {
        ...facts,
        ...(permission === undefined ? {} : { isApproved: true }),
        ...(admission.nature.isOpenWorld ? { isFromOutside: true } : {}),
        verdict: answer.kind === 'ok' ? 'done' : 'failed',
        said: fenceOff(words, start.token),
      };
    });
    this.#waitedMs = waitedBefore + (report.waitedMs ?? 0);
    this.#hasReadOutside ||= report.isFromOutside === true;
    return report;
  }

  /** What a person says about a call that needs one's word; undefined for one that does not. */
  #askPerson(call: AgentToolCall, nature: ToolNature, tools: StepTools): Promise<PersonAnswer | undefined> {
    const why = findCaution(call, nature, this.#task.approval, this.#hasReadOutside);
    return why === undefined ? Promise.resolve(undefined) : tools.approve(call, why);
  }

  /** A person's words are no more an instruction to the model than a tool's are. */
  #sayDeclined(tool: string, reason: string | undefined, { token }: Start): string {
    const said = `Not called: a person has said no to this call of ${tool}.`;
    return reason === undefined ? said : `${said} ${fenceOff(cleanText(reason, MAX_REASON_CHARS), token)}`;
  }

  /** The tool's answer, if it is one for the model to hear; everything else ends the run. */
  async #call(call: AgentToolCall, tools: StepTools, { startedAt }: Start): Promise<ToolAnswer> {
    const answer = await this.#withinTime(startedAt, (signal) => tools.call(call, signal));
    if (answer.kind === 'ok' || isForModel(answer)) return answer;
    const { kind: _kind, ...error } = answer;
    throw new RunEnded({ error: { by: 'tool', ...error } });
  }
}

/** A model can do something about what the tool itself said, and about a call that will never be accepted. */
function isForModel({ class: errorClass, retryable }: ToolAnswer & { readonly kind: 'failed' }): boolean {
  if (errorClass === 'failed-by-tool' || errorClass === 'invalid-result') return true;
  return (errorClass === 'refused' || errorClass === 'not-sent') && !retryable;
}

function wordsOf(answer: ToolAnswer): string {
  if (answer.kind === 'ok') return JSON.stringify(answer.result) ?? 'null';
  const what = answer.class === 'invalid-result' ? 'It was carried out, but its answer cannot be used' : 'It failed';
  return `${what}: ${answer.message}`;
}

/** Of more calls than may be made, as many are kept as show that there were too many. */
function boundAnswer(answer: ModelAnswer, maxCalls: number): ModelAnswer {
  const bounded = { ...answer, calls: answer.calls.slice(0, maxCalls) };
  const bytes = Buffer.byteLength(JSON.stringify(bounded));
  if (bytes <= MAX_ANSWER_BYTES) return bounded;
  const message = `the answer has ${bytes} bytes, more than the ${MAX_ANSWER_BYTES} that are kept`;
  const error = { by: 'model' as const, code: 'MODEL_ANSWER_TOO_LARGE', message, class: 'invalid-result' as const };
  throw new RunEnded({ error: { ...error, retryable: false } });
}
