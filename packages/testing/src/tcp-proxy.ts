import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as later } from 'node:timers/promises';
import { freePort } from './free-port.js';

/**
 * What a proxy does with the bytes that pass through it from now on, on connections that are open as well as new ones.
 * - `pass`: hands them on.
 * - `delay`: hands them on `ms` late in each direction, in order.
 * - `blackhole`: takes them and drops them. A connection that lost bytes stays dumb for ever, as after a router that
 *   forgot it: both ends believe that it is open.
 * - `cut-reply`: what is asked arrives, and the connection is reset in place of the first byte of the answer.
 * - `cut-request`: half of what is asked arrives, then both ends are reset.
 * - `refuse`: new connections are reset at once; open ones go on.
 *
 * The two cuts strike `times` requests (default: all until something else is set) that fit `where` (default: any). A
 * request is what arrived in one piece; `where` is told its bytes.
 */
export type ProxyBehaviour =
  | { readonly kind: 'pass' | 'blackhole' | 'refuse' }
  | { readonly kind: 'delay'; readonly ms: number }
  | {
      readonly kind: 'cut-reply' | 'cut-request';
      readonly times?: number;
      readonly where?: (request: Buffer) => boolean;
    };

/** What a proxy has seen and done since it was opened. */
export interface ProxyCounts {
  /** Connections taken, and those open now. */
  readonly connections: number;
  readonly open: number;
  /** Replies and requests cut. */
  readonly cuts: number;
  /** Connections reset by `reset`. */
  readonly resets: number;
  readonly droppedBytes: number;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  isDumb: boolean;
  /** The next bytes from the server are the answer that is to be cut. */
  isReplyDoomed: boolean;
  /** What is on its way, in order, each way. */
  toServer: Promise<void>;
  toClient: Promise<void>;
}

/** A TCP proxy on 127.0.0.1 that misbehaves on request, between two processes that know nothing of it. */
export class TcpProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #counts = { connections: 0, cuts: 0, resets: 0, droppedBytes: 0 };
  #behaviour: ProxyBehaviour = { kind: 'pass' };
  #taken = 0;
  #targetPort: number;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Opens a proxy in front of a port of this machine. Nothing needs to listen there yet. */
  static async open(targetPort: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true }).listen(await freePort(), '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, targetPort);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get counts(): ProxyCounts {
    return { ...this.#counts, open: this.#links.size };
  }

  set(behaviour: ProxyBehaviour): void {
    this.#behaviour = behaviour;
    this.#taken = 0;
  }

  /** New connections go to another port from now on; open ones stay where they are. */
  pointTo(targetPort: number): void {
    this.#targetPort = targetPort;
  }

  /** Resets open connections: all of them, or those for which `isHit` says so. Returns how many. */
  reset(isHit: () => boolean = () => true): number {
    const hit = [...this.#links].filter(() => isHit());
    for (const link of hit) cut(link);
    this.#counts.resets += hit.length;
    return hit.length;
  }

  /** Closes what is open and listens no more. Closing twice is fine. */
  async close(): Promise<void> {
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    this.#counts.connections += 1;
    client.on('error', ignore);
    if (this.#behaviour.kind === 'refuse') {
      reset(client);
      return;
    }
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true });
    const done = Promise.resolve();
    const link = { client, server, isDumb: false, isReplyDoomed: false, toServer: done, toClient: done };
    this.#links.add(link);
    server.on('error', ignore);
    client.on('data', (bytes) => this.#fromClient(link, bytes));
    server.on('data', (bytes) => this.#fromServer(link, bytes));
    client.on('end', () => void link.toServer.then(() => server.end()));
    server.on('end', () => void link.toClient.then(() => client.end()));
    client.on('close', (failed) => this.#closed(link, server, failed));
    server.on('close', (failed) => this.#closed(link, client, failed));
  }

  #fromClient(link: Link, bytes: Buffer): void {
    if (this.#drops(link, bytes)) return;
    const behaviour = this.#behaviour;
    if (behaviour.kind === 'cut-request' && this.#strikes(behaviour, bytes)) {
      this.#counts.cuts += 1;
      link.server.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => cut(link));
      return;
    }
    if (behaviour.kind === 'cut-reply' && this.#strikes(behaviour, bytes)) link.isReplyDoomed = true;
    link.toServer = this.#handOn(link.toServer, link.client, link.server, bytes);
  }

  #fromServer(link: Link, bytes: Buffer): void {
    if (this.#drops(link, bytes)) return;
    if (link.isReplyDoomed) {
      this.#counts.cuts += 1;
      this.#counts.droppedBytes += bytes.length;
      cut(link);
      return;
    }
    link.toClient = this.#handOn(link.toClient, link.server, link.client, bytes);
  }

  #drops(link: Link, bytes: Buffer): boolean {
    if (this.#behaviour.kind === 'blackhole') link.isDumb = true;
    if (link.isDumb) this.#counts.droppedBytes += bytes.length;
    return link.isDumb;
  }

  #strikes({ times, where }: { times?: number; where?: (request: Buffer) => boolean }, bytes: Buffer): boolean {
    if ((times !== undefined && this.#taken >= times) || where?.(bytes) === false) return false;
    this.#taken += 1;
    return true;
  }

  /** In order, late if so set, and no faster than the other side takes it. */
  async #handOn(before: Promise<void>, from: Socket, to: Socket, bytes: Buffer): Promise<void> {
    const lateMs = this.#behaviour.kind === 'delay' ? this.#behaviour.ms : 0;
    const due = lateMs === 0 ? undefined : later(lateMs);
    if (to.writableNeedDrain) from.pause();
    await before;
    await due;
    if (to.destroyed) return;
    to.write(bytes, () => from.resume());
  }

  #closed(link: Link, other: Socket, failed: boolean): void {
    this.#links.delete(link);
    if (link.isDumb) return;
    if (failed) reset(other);
    else void Promise.all([link.toServer, link.toClient]).then(() => other.end());
  }
}

function cut({ client, server }: Link): void {
  reset(client);
  reset(server);
}

/**
 * A reset that comes while one end has been told of the other's end fails in Node, and leaves the socket open for ever: a process
 * with one does not come to its end, and turns round and round instead.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded || socket.readableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** A connection that breaks is what a proxy is for; its `close` event says the rest. */
function ignore(): void {}
