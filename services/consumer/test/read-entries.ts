import type { Event } from '@millrace/events';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import {
  createEffectRecorder,
  createSettler,
  type EffectRecorder,
  type Entry,
  type MalformedEntry,
  openBlockingSource,
  readRecord,
  type Settler,
} from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { type Configuration, createFixedConfiguration } from '../src/configuration/configuration.js';
import { createEntryHandlers } from '../src/entry-handlers.js';
import { HeldEntries } from '../src/held-entries.js';
import { Lanes } from '../src/lanes/lanes.js';
import { createObserver } from '../src/observe.js';
import { stream } from './stage.js';
import { post } from './start-consuming.js';

/** The consumer that has read them. */
export const ME = 'me';

interface Given {
  readonly configuration: Configuration;
  readonly settler?: Settler;
  readonly effects?: EffectRecorder;
  readonly places: number;
}

/** Entries of one read, and handlers for them, of which none has begun. */
export async function readEntries(events: readonly Event[], given: Given) {
  const { configuration, settler = createSettler(stream, ME), effects = createEffectRecorder(stream, ME) } = given;
  const refs = await Promise.all(events.map((event) => post(stream, event)));
  const source = await openBlockingSource(stream, ME, 50);
  const entries: (Entry | MalformedEntry)[] = [];
  await waitUntil(async () => {
    entries.push(...(await source.read(10)));
    return entries.length === events.length;
  }, 'all entries are read');
  await source.close();
  const metrics = createMetrics(createRegistry());
  const logger = createLogger('test', 'silent');
  let taken = 0;
  let released = 0;
  const fixed = createFixedConfiguration(configuration);
  const release = () => {
    released += 1;
  };
  const configurations = {
    hold: () => {
      taken += 1;
      return { ...fixed.hold(), release };
    },
  };
  const paused = new Set<string>();
  const handling = {
    stream,
    home: stream,
    settler,
    effects,
    clock: { now: () => 0 },
    configurations,
    lanes: new Lanes(stream, ME, configurations),
    earlierLanes: () => [],
    pauses: { hasRoute: (route: string) => paused.has(route), hasServer: () => false },
    observer: createObserver(logger, metrics),
    maxStarts: 5,
    maxParkedMs: 60_000,
    random: () => 0.5,
  };
  const held = new HeldEntries(given.places);
  const handlers = createEntryHandlers({ of: () => handling }, held, logger, metrics);
  const outstanding = () => taken - released;
  return { refs, entries, handling, handlers, held, metrics, paused, outstanding, releases: () => released };
}

export const idle = (held: HeldEntries) => waitUntil(() => held.size === 0, 'all entries are let go');

export const statesOf = (refs: readonly string[]) =>
  Promise.all(refs.map(async (ref) => (await readRecord(stream, ref))?.state));
