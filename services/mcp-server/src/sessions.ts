/** One MCP session: a protocol server with its transport. */
export interface Session {
  handle(request: Request, body: unknown): Promise<Response>;
  close(): Promise<void>;
}

export interface SessionLimits {
  readonly maxSessions: number;
  readonly idleMs: number;
}

interface OpenSession {
  readonly session: Session;
  usedAt: number;
  inFlight: number;
  lost: boolean;
}

/**
 * The sessions that are open, by their id. One that nobody used for `idleMs` is lost, and so is the one used longest
 * ago when `maxSessions` are open and another comes. Requests under way when their session is lost still get their
 * answers; later ones find nothing.
 */
export class Sessions {
  /** Least recently used first. */
  readonly #open = new Map<string, OpenSession>();
  readonly #limits: SessionLimits;
  readonly #nowMs: () => number;

  constructor(limits: SessionLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  has(id: string): boolean {
    const found = this.#open.get(id);
    return found !== undefined && !this.#isExpired(found);
  }

  async add(id: string, session: Session): Promise<void> {
    this.#open.set(id, { session, usedAt: this.#nowMs(), inFlight: 0, lost: false });
    for (const [oldest, found] of this.#open) {
      if (this.#open.size <= this.#limits.maxSessions && !this.#isExpired(found)) return;
      await this.forget(oldest);
    }
  }

  /** Hands a request to its session, which then counts as just used. Undefined when there is no such session. */
  handle(id: string, request: Request, body: unknown, left: Promise<unknown>): Promise<Response> | undefined {
    const found = this.#open.get(id);
    if (found === undefined || this.#isExpired(found)) return undefined;
    this.#open.delete(id);
    this.#open.set(id, found);
    found.usedAt = this.#nowMs();
    return this.#handleCounted(found, request, body, left);
  }

  /** Loses one session, if it is open. */
  async forget(id: string): Promise<void> {
    const found = this.#open.get(id);
    if (found === undefined) return;
    this.#open.delete(id);
    found.lost = true;
    if (found.inFlight === 0) await found.session.close();
  }

  async closeAll(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const { session } of all) await session.close();
  }

  async #handleCounted(found: OpenSession, request: Request, body: unknown, left: Promise<unknown>): Promise<Response> {
    found.inFlight += 1;
    try {
      // The SDKs never answer a call that its client has cancelled; it is over when the client has left.
      return await Promise.race([found.session.handle(request, body), left.then(toNobody)]);
    } finally {
      found.inFlight -= 1;
      if (found.lost && found.inFlight === 0) await found.session.close();
    }
  }

  #isExpired({ usedAt }: OpenSession): boolean {
    return this.#nowMs() - usedAt > this.#limits.idleMs;
  }
}

function toNobody(): Response {
  return new Response(null, { status: 499 });
}
