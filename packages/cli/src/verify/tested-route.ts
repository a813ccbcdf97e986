/** What a route promises, as `verify` is told by the type of its events; never learned from the system under test. */
export type Guarantee = 'at-least-once' | 'effectively-once' | 'at-most-once';

/** A tool, and the witness that sees its calls. */
export interface TestedTool {
  readonly cloud: string;
  readonly tool: string;
}

/** One route that `verify` sends events along. */
export interface TestedRoute extends TestedTool {
  /** What reports and event ids call it. */
  readonly name: string;
  readonly guarantee: Guarantee;
  /** The type of the events that take it. */
  readonly type: string;
  /** Whether its tools answer a repeated key with their first answer, so that an uncertain call may be sent again. */
  readonly takesKey: boolean;
  /** Tools to which an event is carried besides the first. */
  readonly alsoCalls?: readonly TestedTool[];
  /** Whether a model decides about the calls; what it was asked is judged as well. */
  readonly asksModel?: true;
}

/** Every tool that an event of a route is carried to. No two routes have one in common. */
export function toolsOf({ cloud, tool, alsoCalls = [] }: TestedRoute): readonly TestedTool[] {
  return [{ cloud, tool }, ...alsoCalls];
}

/** The routes under test that call one tool each. They are in `config/routes.yaml`; a deployment that is verified needs the same. */
export const TESTED_ROUTES: readonly TestedRoute[] = [
  {
    name: 'at-least-once',
    guarantee: 'at-least-once',
    type: 'dev.millrace.verify.at-least-once',
    cloud: 'gcp',
    tool: 'label.print',
    takesKey: false,
  },
  {
    name: 'effectively-once',
    guarantee: 'effectively-once',
    type: 'dev.millrace.verify.effectively-once',
    cloud: 'azure',
    tool: 'card.charge',
    takesKey: true,
  },
  {
    name: 'at-most-once',
    guarantee: 'at-most-once',
    type: 'dev.millrace.verify.at-most-once',
    cloud: 'aws',
    tool: 'notify.email',
    takesKey: false,
  },
];

/** The route whose calls a scripted model decides about, one answer after the other: tested where that model can be asked. */
export const AGENT_ROUTE: TestedRoute = {
  name: 'agent',
  guarantee: 'effectively-once',
  type: 'dev.millrace.verify.agent',
  cloud: 'gcp',
  tool: 'stock.reserve',
  alsoCalls: [{ cloud: 'aws', tool: 'audit.write' }],
  takesKey: true,
  asksModel: true,
};
