import { hash, timingSafeEqual } from 'node:crypto';
import type { onRequestHookHandler } from 'fastify';
import { type Problem, ProblemError } from './problem.js';

/**
 * Refuses a request whose `Authorization: Bearer …` is not the key: 401, before its body is read. Digests of equal length
 * are compared in constant time, so neither the key's length nor its beginning can be found out by measuring.
 */
export function requireKey(apiKey: string): onRequestHookHandler {
  const expected = digestOfKey(apiKey);
  return (request, _reply, done) => {
    const presented = bearerOf(request.headers.authorization) ?? '';
    if (timingSafeEqual(digestOfKey(presented), expected)) return done();
    done(new ProblemError(unauthenticated()));
  };
}

/** The token in an `Authorization: Bearer …` header; undefined when there is none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** The SHA-256 digest that stands for a key wherever keys are kept and compared: 32 bytes. */
export function digestOfKey(key: string): Buffer {
  // By way of hex: asked for a buffer, Node 24 takes twice as long, on the path of every event.
  return Buffer.from(hash('sha256', key, 'hex'), 'hex');
}

/** The refusal of a request without a key that is known. */
export function unauthenticated(): Problem {
  return {
    status: 401,
    code: 'UNAUTHENTICATED',
    detail: 'this path needs an API key, sent as Authorization: Bearer <key>',
    headers: { 'www-authenticate': 'Bearer realm="millrace"' },
  };
}

/** How a service may be reached, as its settings have it. */
export interface Access {
  /** The address it listens on. */
  readonly host: string;
  /** The key that callers present; undefined: none is asked for. */
  readonly key: string | undefined;
  /** Whether somebody said that everybody may come in. */
  readonly allowAnonymous: boolean;
}

/**
 * What is wrong with a service that others can reach, that asks for no key, and was not told with
 * `MILLRACE_ALLOW_ANONYMOUS=true` that this is meant: the problem for a `ConfigError`, naming the key's variable.
 * Undefined when nothing is.
 */
export function findOpenDoor({ host, key, allowAnonymous }: Access, keyVariable: string): string | undefined {
  if (key !== undefined || allowAnonymous || isLoopback(host)) return undefined;
  return `${keyVariable}: required when listening on ${host}, which others can reach; or set MILLRACE_ALLOW_ANONYMOUS=true`;
}

/** Whether an address or name can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
