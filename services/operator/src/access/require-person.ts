import { timingSafeEqual } from 'node:crypto';
import { bearerOf, digestOfKey, ProblemError, unauthenticated } from '@millrace/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { roleTooLow } from '../error-handler.js';
import type { OperatorKey, Role } from './operator-keys.js';

/** Whoever asks. */
export interface Person {
  readonly name: string;
  readonly role: Role;
  /** Whether a key says so. */
  readonly isKnown: boolean;
}

/** Everybody who can connect, where no key is asked for. */
const ANYBODY: Person = { name: 'anybody', role: 'operator', isKnown: false };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Changes nothing, whatever its method: who may only look may ask for it. */
    readonly looks?: boolean;
  }
}

const people = new WeakMap<FastifyRequest, Person>();

/** Who makes this request. */
export function personOf(request: FastifyRequest): Person {
  return people.get(request) ?? ANYBODY;
}

/**
 * Asks for a key on all paths of this scope, where there are keys: 401 without one that is known. Who may only look gets
 * 403 for what changes anything. Every key is compared, by digests of equal length and in constant time.
 * `keysNow` is asked for each request; where there is no key at the start there is none later.
 */
export function requirePerson(app: FastifyInstance, keysNow: () => readonly OperatorKey[]): void {
  if (keysNow().length === 0) return;
  app.addHook('onRequest', (request, _reply, done) => {
    const key = findKey(keysNow(), bearerOf(request.headers.authorization) ?? '');
    if (key === undefined) return done(new ProblemError(unauthenticated()));
    const person = { name: key.name, role: key.role, isKnown: true };
    people.set(request, person);
    const isLooking = request.method === 'GET' || request.method === 'HEAD' || request.routeOptions.config.looks;
    if (person.role === 'viewer' && !isLooking) return done(new ProblemError(roleTooLow(person.name)));
    done();
  });
}

function findKey(keys: readonly OperatorKey[], presented: string): OperatorKey | undefined {
  const digest = digestOfKey(presented);
  let found: OperatorKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key;
  return found;
}

/** The keys of a deployment: the one that stands in the settings, and those with names. */
export function allKeys(key: string | undefined, named: readonly OperatorKey[]): readonly OperatorKey[] {
  // Upper case: no name in the keys is like it.
  const single =
    key === undefined ? [] : [{ name: 'MILLRACE_OPERATOR_KEY', role: 'operator', digest: digestOfKey(key) } as const];
  return [...single, ...named];
}
