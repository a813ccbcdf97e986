import { describeError, sleep } from '@millrace/core';
import type { Logger, Metrics } from '@millrace/runtime';
import { type AnnouncedConfiguration, StreamError } from '@millrace/stream-client';
import {
  type CheckedConfiguration,
  type Checking,
  checkConfiguration,
  type Division,
  UNDIVIDED,
} from './check-configuration.js';
import { readConfigFiles, signConfigFiles } from './config-files.js';
import { contentsOf } from './contents.js';

/** Default of `readAnywayMs`. */
const READ_ANYWAY_MS = 60_000;

export interface ReloadOptions extends Checking {
  readonly configDir: string;
  /** How often the files are looked at, in ms; 0 for never, so that only `reload` does it. */
  readonly pollMs: number;
  /**
   * Whatever their signs say, the files are read this often, in ms: a network file system may tell stale times. Default a
   * minute.
   */
  readonly readAnywayMs?: number;
  /** As `signConfigFiles`, which is the default. */
  readonly signFiles?: (configDir: string) => Promise<string>;
  /**
   * Tells others of a configuration before it is in force, and resolves with the division of events that it has to be right
   * for. Default: nobody is told.
   */
  readonly announce?: (contents: AnnouncedConfiguration) => Promise<Division>;
}

/** Where a new configuration goes. */
export interface ReloadTarget {
  readonly version: string;
  isSame(next: CheckedConfiguration): boolean;
  replace(next: CheckedConfiguration): void;
}

type Found =
  | { readonly kind: 'right'; readonly next: CheckedConfiguration }
  | { readonly kind: 'unread' }
  | { readonly kind: 'wrong'; readonly error: unknown; readonly version: string | undefined };

/**
 * Keeps the configuration in force the same as the files. A change is taken once the files have stayed as they are for one
 * look more, is checked whole, and replaces the old configuration in one step; a configuration that is wrong changes
 * nothing, and is reported once.
 */
export class Reloader {
  readonly #target: ReloadTarget;
  readonly #options: ReloadOptions;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #stopping = new AbortController();
  #polling: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();
  /** The files as they were last read, and as they were last seen. */
  #readSign = '';
  #seenSign = '';
  #readAt = 0;
  /** The version or the failure that was refused last. */
  #refused: string | undefined;

  constructor(target: ReloadTarget, options: ReloadOptions, logger: Logger, metrics: Metrics) {
    this.#target = target;
    this.#options = options;
    this.#logger = logger;
    this.#metrics = metrics;
    metrics.configInfo.set({ version: target.version }, 1);
    // A rate needs a value to begin with.
    for (const outcome of ['applied', 'refused']) metrics.configReloads.inc({ outcome }, 0);
  }

  start(): void {
    if (this.#options.pollMs > 0) this.#polling = this.#pollUntilStopped();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await this.#turn;
  }

  /**
   * Reads the files now, whether they seem changed or not, and the secrets that they refer to with them. One reload at a
   * time; never rejects.
   */
  reload(): Promise<void> {
    return this.#inTurn(true);
  }

  #inTurn(withSecrets: boolean): Promise<void> {
    this.#turn = this.#turn.then(() => (this.#stopping.signal.aborted ? undefined : this.#readAndReplace(withSecrets)));
    return this.#turn;
  }

  async #pollUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(this.#options.pollMs, signal);
      if (!signal.aborted && (await this.#isDue())) await this.#inTurn(false);
    }
  }

  /** Files that are being written look different at each look: they are left alone until they stay the same. */
  async #isDue(): Promise<boolean> {
    const sign = await this.#sign();
    const isSteady = sign === this.#seenSign;
    this.#seenSign = sign;
    const { readAnywayMs = READ_ANYWAY_MS } = this.#options;
    return isSteady && (sign !== this.#readSign || performance.now() - this.#readAt > readAnywayMs);
  }

  #sign(): Promise<string> {
    const { configDir, signFiles = signConfigFiles } = this.#options;
    return signFiles(configDir);
  }

  async #readAndReplace(withSecrets: boolean): Promise<void> {
    // Signed before they are read: what is written meanwhile makes the next look find another sign.
    this.#readSign = await this.#sign();
    this.#readAt = performance.now();
    const found = await this.#check(withSecrets);
    // Nothing is wrong with the files.
    if (found.kind === 'wrong' && found.error instanceof StreamError) this.#readSign = '';
    if (found.kind === 'wrong') this.#refuse(found.error, found.version);
    else if (found.kind === 'unread' || this.#target.isSame(found.next)) this.#keep();
    else this.#put(found.next);
  }

  /** What the files say. Checking is skipped where nothing but secrets could be different. */
  async #check(withSecrets: boolean): Promise<Found> {
    let version: string | undefined;
    try {
      const files = await readConfigFiles(this.#options.configDir);
      version = files.version;
      if (version === this.#target.version && !withSecrets) return { kind: 'unread' };
      const { division: seen = UNDIVIDED } = this.#options;
      const next = await checkConfiguration(files, { ...this.#options, division: seen });
      const division = (await this.#announce(next)) ?? seen;
      const isRight = division.partitions === seen.partitions && division.isChanging === seen.isChanging;
      return { kind: 'right', next: isRight ? next : await checkConfiguration(files, { ...this.#options, division }) };
    } catch (error) {
      return { kind: 'wrong', error, version };
    }
  }

  /** Where events belong together: there may be about to be more partitions, which nobody is to have begun without knowing of it. */
  async #announce(next: CheckedConfiguration): Promise<Division | undefined> {
    const contents = contentsOf(next);
    const isTold = contents.keyed.length > 0 && !this.#target.isSame(next);
    return isTold ? this.#options.announce?.(contents) : undefined;
  }

  #put(next: CheckedConfiguration): void {
    const { version: before } = this.#target;
    this.#target.replace(next);
    this.#refused = undefined;
    this.#metrics.configReloads.inc({ outcome: 'applied' });
    this.#metrics.configInfo.reset();
    this.#metrics.configInfo.set({ version: next.version }, 1);
    const { routes, servers, handlers } = next;
    const counts = { routes: routes.size, servers: servers.length, handlers: handlers.size };
    this.#logger.info({ version: next.version, before, ...counts }, 'the configuration was reloaded');
  }

  /** The files say what is in force; after a refusal that is worth a line, since somebody has mended them. */
  #keep(): void {
    if (this.#refused === undefined) return;
    this.#refused = undefined;
    this.#logger.info({ version: this.#target.version }, 'the configuration in force is what the files say again');
  }

  #refuse(error: unknown, refusedVersion: string | undefined): void {
    const { code, message } = describeError(error);
    const mark = refusedVersion ?? message;
    if (mark === this.#refused) return;
    this.#refused = mark;
    this.#metrics.configReloads.inc({ outcome: 'refused' });
    const facts = { code, refusedVersion, version: this.#target.version };
    this.#logger.error(facts, `the changed configuration was refused, the one before stays in force: ${message}`);
  }
}
