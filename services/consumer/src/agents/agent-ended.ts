import { GiveUp } from '@millrace/handlers';

/** An agent has come to an end that no further attempt would change. */
export class AgentEnded extends GiveUp {
  /** AGENT_LIMIT_STEPS and its like. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
