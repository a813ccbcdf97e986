import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that has the operator below a path, and takes the path off: as a company's front door would. */
export interface FrontDoor {
  /** Where the console begins, with a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

export async function openFrontDoor(operatorUrl: string, path: string): Promise<FrontDoor> {
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url?.startsWith(path)) return void outgoing.writeHead(404).end();
    const to = new URL(`/${incoming.url.slice(path.length)}`, operatorUrl);
    const { method, headers } = incoming;
    const passed = request(to, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    // Whoever goes away takes their stream along.
    outgoing.once('close', () => passed.destroy());
    passed.once('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
