/** Thrown by a handler that knows better than to try again: the delivery is a dead letter at once. */
export class GiveUp extends Error {
  override readonly name = 'GiveUp';
}

/** Why a tool call of a handler did not succeed. */
export class ToolCallFailed extends Error {
  override readonly name = 'ToolCallFailed';

  constructor(
    /** The code of the failure, such as TOOL_TIMEOUT. */
    readonly code: string,
    message: string,
    /** `not-sent`: no byte of it left. `refused`, `failed-by-tool`: it was answered so. `unknown`: nobody knows. */
    readonly outcome: 'not-sent' | 'refused' | 'failed-by-tool' | 'unknown',
    /** Whether the same call may succeed later. */
    readonly retryable: boolean,
    /** How long the server asks to be left alone, in ms. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/**
 * The delivery has been decided: it is over, or it has asked for something that must not be done. Whatever the handler does
 * now changes nothing any more; let it pass.
 */
export class DeliveryEnded extends Error {
  override readonly name = 'DeliveryEnded';
}
