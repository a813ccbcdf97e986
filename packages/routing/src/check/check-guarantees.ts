import type { ConfigProblem, Locate } from '@millrace/config-files';
import type { InspectedRoute } from '../inspect-routes.js';
import type { KnownTools } from './check-tools.js';

/** What guarantees rest on. */
export interface Keepers {
  /** `MILLRACE_DURABILITY` of the deployment. */
  readonly durability: string;
  /** Servers whose hints about their tools are believed. */
  readonly trusted?: ReadonlySet<string>;
}

/** Guarantees that a route declares and nothing can keep. */
export function findGuaranteeProblems(
  routes: readonly InspectedRoute[],
  known: KnownTools,
  { durability, trusted = new Set() }: Keepers,
  locate: Locate,
): ConfigProblem[] {
  return routes.flatMap(({ index, source }) => {
    const { delivery, idempotency, call } = source;
    const at = (detail: string, mend: string) => [locate(['routes', index, 'delivery'], detail, mend)];
    if (delivery === 'at-most-once' && durability === 'memory') {
      const detail = 'at-most-once rests on a record of the start, which does not survive MILLRACE_DURABILITY=memory';
      return at(detail, 'set MILLRACE_DURABILITY=fsync, or declare at-least-once');
    }
    if (delivery !== 'effectively-once' || idempotency !== undefined || call === undefined) return [];
    const detail = `effectively-once cannot be kept: nothing keeps a repeated call of ${call.tool} from a second effect`;
    const hintsAt = (server: string) => known.get(server)?.find(({ name }) => name === call.tool)?.annotations;
    const servers = [call.server, ...(call.equivalents ?? [])];
    // What a server says that is believed, and was not asked, may keep it.
    if (servers.every((server) => trusted.has(server)) && servers.some((server) => !known.has(server))) return [];
    // Any of them may get the call, so all of them have to say it.
    const isKept = servers.every((server) => trusted.has(server) && isHarmless(hintsAt(server)));
    const doubtful = servers.find((server) => !isHarmless(hintsAt(server))) ?? call.server;
    return isKept ? [] : at(detail, describeMend(hintsAt(doubtful)));
  });
}

function isHarmless(hints: Hints): boolean {
  return hints?.readOnlyHint === true || hints?.idempotentHint === true;
}

type Hints = { readonly readOnlyHint?: boolean; readonly idempotentHint?: boolean } | undefined;

function describeMend(hints: Hints): string {
  const ways =
    'add `idempotency: key` if the tool recognises the key in `_meta`, `idempotency: { argument: <name> }` if it takes it as ' +
    'an argument, `idempotency: safe` if repeating it is harmless; or declare at-least-once or at-most-once';
  if (hints?.readOnlyHint === true)
    return `its server says that it only reads: if you trust it, add \`idempotency: safe\``;
  if (hints?.idempotentHint === true)
    return `its server says that repeating it is harmless: if you trust it, add \`idempotency: safe\``;
  return ways;
}
