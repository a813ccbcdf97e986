import type { Withheld } from '../guards/server-guard.js';
import type { Line } from '../line.js';
import { pinOf } from './tool-pin.js';

/** How long a call waits at least before it asks again whether its tool has been accepted, in ms. */
const PAUSE_MS = 5_000;

/** Why a tool must not be called, going by the pins of its server; undefined for one that is what it should be. */
export async function findPinProblem(tool: string, line: Line, signal: AbortSignal): Promise<Withheld | undefined> {
  const { pins, pinsCheckedEveryMs } = line.server;
  if (pins === undefined) return undefined;
  const withhold = (why: string) => line.guard.withhold('pin', why, PAUSE_MS);
  const pinned = Object.hasOwn(pins, tool) ? pins[tool] : undefined;
  if (pinned === undefined) return withhold('has this tool, which nobody has accepted yet: millrace tools lock');
  const listing = await line.catalog.get(pinsCheckedEveryMs, signal);
  if (listing === undefined || listing.kind === 'failed') {
    return { reason: 'pin', why: 'does not say what its tools are' };
  }
  const found = listing.tools.find(({ name }) => name === tool);
  // A server that has no such tool says so itself.
  if (found === undefined || pinOf(found) === pinned) return undefined;
  return withhold('has changed this tool since it was accepted: millrace tools lock shows how');
}
