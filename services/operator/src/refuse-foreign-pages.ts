import { isLoopback, ProblemError } from '@millrace/runtime';
import type { onRequestHookHandler } from 'fastify';

/** By which names a service may be called: by any, or only by those of this machine. */
export type HostNames = 'any' | 'loopback';

/**
 * Refuses what a web page of another origin asks for: 403. An operator on loopback needs no key, and every page that its
 * owner opens could otherwise redrive or give up dead letters. With `loopback` a page whose own name was re-bound to this
 * address is refused too. Programs send no `Origin` and are let through.
 */
export function refuseForeignPages(hostNames: HostNames): onRequestHookHandler {
  return ({ headers: { origin, host = '' } }, _reply, done) => {
    const isOwnOrigin = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
    if (isOwnOrigin && (hostNames === 'any' || isLoopback(hostNameIn(host)))) return done();
    const detail = 'web pages of another origin, and calls by a name that is not this machine, are refused';
    done(new ProblemError({ status: 403, code: 'ORIGIN_FOREIGN', detail }));
  };
}

/** `localhost` in `localhost:8090`, `::1` in `[::1]:8090`; empty when there is none. */
function hostNameIn(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '') : '';
}
