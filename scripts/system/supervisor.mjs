import { join } from 'node:path';
import { LogFile } from './log-file.mjs';
import { TIMING } from './process-spec.mjs';
import { SupervisedProcess } from './supervised-process.mjs';

const TRIM_EVERY_MS = 2_000;
const STOP_ALL_LIMIT_MS = 14_000;
const LAST_STAGE_MS = 3_000; // of the whole, kept for those that stop last
const SHOWN_LINES = 20;

/**
 * @typedef {import('./process-spec.mjs').ProcessSpec} ProcessSpec
 * @typedef {object} SupervisorOptions
 * @property {string} logDir
 * @property {(line: string) => void} say
 * @property {(running: { name: string, pid: number }[]) => void} onChange told whenever a process started or ended, in stop order
 * @property {import('./process-spec.mjs').Timing} [timing]
 */

/** Keeps a set of processes running and stops them in order, within fifteen seconds whatever they do. */
export class Supervisor {
  /** @type {SupervisedProcess[]} */
  #processes = [];
  #options;
  #trimming;

  /** @param {SupervisorOptions} options */
  constructor(options) {
    this.#options = options;
    this.#trimming = setInterval(() => {
      for (const { log } of this.#processes) log.trim();
    }, TRIM_EVERY_MS);
    this.#trimming.unref();
  }

  /**
   * Starts processes side by side and resolves when all of them are ready; from then on they are started again whenever
   * they die. Rejects as soon as one of them gives up, with its last log lines in the message; the others keep running
   * until `stop`.
   * @param {readonly ProcessSpec[]} specs
   */
  async start(specs) {
    const { logDir, say, timing = TIMING } = this.#options;
    const started = specs.map((spec) => {
      const log = new LogFile(join(logDir, `${spec.name}.log`));
      return new SupervisedProcess(spec, { log, say, timing, onChange: () => this.#noteChange() });
    });
    this.#processes.push(...started);
    await Promise.all(started.map(startOrExplain));
  }

  /** Stops everything, the lowest `stopOrder` first, each with ten seconds of its own within fifteen for all. */
  async stop() {
    const { stopLimitMs } = this.#options.timing ?? TIMING;
    const stopBy = performance.now() + STOP_ALL_LIMIT_MS;
    const stages = [...new Set(this.#processes.map(({ spec }) => spec.stopOrder))].sort((a, b) => a - b);
    for (const stage of stages) {
      const keptMs = stage === stages.at(-1) ? 0 : LAST_STAGE_MS;
      const limitMs = Math.round(Math.min(stopLimitMs, Math.max(stopBy - keptMs - performance.now(), 0)));
      const members = this.#processes.filter(({ spec }) => spec.stopOrder === stage);
      await Promise.all(members.map((member) => member.stop(limitMs)));
    }
    clearInterval(this.#trimming);
  }

  /** SIGKILL to everything at once, for a person who will not wait. `stop` still has to be awaited. */
  kill() {
    for (const member of this.#processes) member.kill();
  }

  #noteChange() {
    const inOrder = this.#processes.toSorted((a, b) => a.spec.stopOrder - b.spec.stopOrder);
    const running = inOrder.flatMap(({ spec, pid }) => (pid === undefined ? [] : [{ name: spec.name, pid }]));
    this.#options.onChange(running);
  }
}

/** @param {SupervisedProcess} member */
async function startOrExplain(member) {
  try {
    await member.start();
  } catch (error) {
    const lines = member.log.lastLines(SHOWN_LINES).map((line) => `${member.spec.name} | ${line}`);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error([reason, ...lines, `The whole log is ${member.log.path}`].join('\n'), { cause: error });
  }
}
