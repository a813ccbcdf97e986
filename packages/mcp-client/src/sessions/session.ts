import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Dispatcher } from 'undici';
import type { Credentials } from '../access/credentials.js';
import { unlessAborted } from '../deadline.js';
import type { Exchange } from '../http/exchange.js';
import { createGuardedHttp } from '../http/guarded-http.js';
import type { ServerConfig } from '../servers.js';
import { CAPABILITIES, CLIENT_INFO, createCallSender, type SendCall } from './call-sender.js';

/** A finished MCP handshake with one server, of whichever revision it speaks. */
export interface Connection {
  readonly client: Client;
  readonly isModern: boolean;
  readonly sendCall: SendCall;
  /** Ends the session at the server where there is one, then closes; never rejects. */
  close(endSession: boolean): Promise<void>;
}

/** No connection could be had. `exchange` is the last step of the handshake that was tried, if any was. */
export class HandshakeFailure extends Error {
  override readonly name = 'HandshakeFailure';

  constructor(
    readonly exchange: Exchange | undefined,
    cause: unknown,
  ) {
    super('the MCP handshake failed', { cause });
  }
}

/**
 * The one live connection to a server: opened with the first call, shared by all, opened anew after `retire`. Every
 * opening asks the server again which revision it speaks.
 */
export class Session {
  readonly #users = new Map<Connection, number>();
  readonly #life = new AbortController();
  #current: Connection | undefined;
  #opening: Promise<Connection> | undefined;

  constructor(
    private readonly server: ServerConfig,
    private readonly dispatcher: Dispatcher,
    private readonly credentials: Credentials | undefined,
  ) {}

  /**
   * A connection, to be given back with `release`; undefined when the signal is aborted first. Rejects with
   * `HandshakeFailure`.
   */
  async acquire(signal: AbortSignal): Promise<Connection | undefined> {
    const connection = await this.#connection(signal);
    if (connection === undefined) return undefined;
    this.#users.set(connection, (this.#users.get(connection) ?? 0) + 1);
    return connection;
  }

  #connection(signal: AbortSignal): Connection | undefined | Promise<Connection | undefined> {
    if (this.#current !== undefined) return signal.aborted ? undefined : this.#current;
    this.#opening ??= this.#open();
    return unlessAborted(this.#opening, signal);
  }

  release(connection: Connection): void {
    const users = (this.#users.get(connection) ?? 1) - 1;
    if (users > 0) this.#users.set(connection, users);
    else {
      this.#users.delete(connection);
      if (connection !== this.#current) void connection.close(false);
    }
  }

  /** No new call uses this connection; it is closed when the calls that still do are over. */
  retire(connection: Connection): void {
    if (this.#current !== connection) return;
    this.#current = undefined;
    this.#opening = undefined;
  }

  /** Ends the session. Calls that still use it are rejected. */
  async close(): Promise<void> {
    const connections = new Set(this.#users.keys());
    const current = this.#current;
    if (current !== undefined) {
      connections.add(current);
      this.retire(current);
    }
    await Promise.all([...connections].map((connection) => connection.close(connection === current)));
    this.#life.abort();
  }

  async #open(): Promise<Connection> {
    try {
      this.#current = await connect(this.server, this.dispatcher, this.credentials, this.#life.signal);
      return this.#current;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}

async function connect(
  server: ServerConfig,
  dispatcher: Dispatcher,
  credentials: Credentials | undefined,
  life: AbortSignal,
): Promise<Connection> {
  let last: Exchange | undefined;
  const onHandshake = (exchange: Exchange) => {
    last = exchange;
  };
  const http = createGuardedHttp({ dispatcher, server, credentials, life, onHandshake });
  const requestInit = { headers: server.headers };
  const transport = new StreamableHTTPClientTransport(server.url, { fetch: http.fetch, requestInit });
  const client = new Client(CLIENT_INFO, { versionNegotiation: { mode: 'auto' }, capabilities: CAPABILITIES });
  try {
    await client.connect(transport);
  } catch (error) {
    throw new HandshakeFailure(last, error);
  }
  const handshake = {
    isModern: client.getProtocolEra() === 'modern',
    revision: client.getNegotiatedProtocolVersion() ?? '',
    sessionId: transport.sessionId,
  };
  return {
    client,
    isModern: handshake.isModern,
    sendCall: createCallSender(server, handshake, http),
    close: async (endSession) => {
      if (endSession) await Promise.allSettled([transport.terminateSession()]);
      await Promise.allSettled([client.close()]);
    },
  };
}
