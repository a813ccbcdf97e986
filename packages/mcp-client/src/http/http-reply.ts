import type { IncomingHttpHeaders } from 'node:http';
import type { RpcAnswer } from '../json-rpc.js';

/** Bounds for one answer, checked while it is received and before it is parsed. */
export interface ReplyLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

/** How long to wait, and whom to tell that there is no way back. */
export interface SendOptions {
  readonly limits: ReplyLimits;
  /** Ends the request, and the wait with it. */
  readonly signal: AbortSignal;
  /** Called right before the first byte is written: until then, nothing was sent. */
  readonly onDispatch?: () => void;
  /** Told about each message that comes before the answer on its stream. */
  readonly onMessage?: (message: unknown) => void;
}

/** A reply read to its end, or to the answer that was awaited. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** There for a 2xx reply to a JSON-RPC request, and only then. */
  readonly answer?: RpcAnswer;
  /** Bytes of the body read until the answer was complete. */
  readonly sizeBytes: number;
  /** Body of a reply that is not 2xx, cut at 64 KiB; otherwise empty. */
  readonly text: string;
}
