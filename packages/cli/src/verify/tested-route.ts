/** What a route promises, as `verify` is told by the type of its events; never learned from the system under test. */
export type Guarantee = 'at-least-once' | 'effectively-once' | 'at-most-once';

/** One route that `verify` sends events along. */
export interface TestedRoute {
  readonly guarantee: Guarantee;
  /** The type of the events that take it. */
  readonly type: string;
  /** Which witness sees its calls, and under which tool. */
  readonly cloud: string;
  readonly tool: string;
  /** Whether the tool answers a repeated key with its first answer, so that an uncertain call may be sent again. */
  readonly takesKey: boolean;
}

/** The routes under test. They are in `config/routes.yaml`; a deployment that is verified needs the same three. */
export const TESTED_ROUTES: readonly TestedRoute[] = [
  {
    guarantee: 'at-least-once',
    type: 'dev.millrace.verify.at-least-once',
    cloud: 'gcp',
    tool: 'label.print',
    takesKey: false,
  },
  {
    guarantee: 'effectively-once',
    type: 'dev.millrace.verify.effectively-once',
    cloud: 'azure',
    tool: 'card.charge',
    takesKey: true,
  },
  {
    guarantee: 'at-most-once',
    type: 'dev.millrace.verify.at-most-once',
    cloud: 'aws',
    tool: 'notify.email',
    takesKey: false,
  },
];
