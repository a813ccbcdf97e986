import type { RetryPolicy } from '@millrace/core';
import type { Event, Trust } from '@millrace/events';
import type { Condition } from './condition.js';
import type { EventView } from './event-view.js';
import type { Filter } from './filter.js';
import type { RenderResource } from './resource-uris.js';

/** A rule from an event to what is done about it, checked and compiled. */
export interface Route {
  /** Unique in the file. Letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** Names the file's content: deliveries say under which version they ran. */
  readonly version: string;
  readonly on: Filter;
  /** Further asked of an event that `on` accepts; undefined when nothing is. */
  readonly when: Condition | undefined;
  /** What is done about an event. */
  readonly action: Action;
  /** The guarantee. */
  readonly delivery: Guarantee;
  /** How a repeated call is kept from having a second effect. */
  readonly idempotency: Idempotency;
  /** Which deliveries go out one after the other; undefined when none have to. */
  readonly order: Order | undefined;
  /** For one tool call in all, in ms. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Whether the route's `on` accepts the event. Attributes only; never throws. */
  accepts(event: Event): boolean;
  /** Whether anything is emitted once the action is done. */
  readonly emits: boolean;
  /** The event to emit once the action is done; undefined when the route emits none. Throws `ExpressionError`. */
  renderFollowUp(event: Event, view: EventView, result: unknown): Promise<Event | 'hop-limit' | undefined>;
}

/** Deliveries along a route whose events have the same key go out one at a time, in the order of acceptance. */
export interface Order {
  /** As the file says it: the name of an attribute, or JSONata. */
  readonly by: string;
  /**
   * The key of an event; undefined for one that has none, which waits for nobody. Throws `ExpressionError` where it gives
   * neither text nor a number.
   */
  keyOf(event: Event): Promise<string | undefined>;
  /**
   * What a failure means for those behind it. `block`: they wait for its retries, and go on once it is dead. `stop`: they
   * wait until a person has redriven, resolved or discarded it. `skip`: they go on at once, and its retries come after them.
   */
  readonly onFailure: 'block' | 'skip' | 'stop';
}

/** What a route does about an event. */
export type Action = CallAction | HandlerAction | AgentAction;

/** Calls one tool. */
export interface CallAction {
  readonly kind: 'call';
  readonly target: ToolTarget;
  /** The arguments of the tool call. Throws `ExpressionError`; bounded in time and depth. */
  renderArguments(view: EventView): Promise<Record<string, unknown>>;
}

/** Runs a TypeScript handler. */
export interface HandlerAction {
  readonly kind: 'handler';
  /** Path of its file, relative to the configuration folder, with `/` between its parts; never leads out of it. */
  readonly file: string;
}

/** Lets a model work on the event with tools. */
export interface AgentAction {
  readonly kind: 'agent';
  /** Name of a model in models.yaml. */
  readonly model: string;
  /** Patterns `server/tool` of what it may call. */
  readonly tools: readonly string[];
  /** What is read for it before it begins. Each throws `ExpressionError`. */
  readonly resources: readonly RenderResource[];
  readonly instructions: string;
  readonly limits: {
    readonly steps: number;
    readonly calls: number;
    readonly tokens: number;
    readonly seconds: number;
    readonly cost: number;
  };
  /** Which calls a person has to approve: of destructive tools, all, none, or those of some `server/tool` patterns. */
  readonly approve: 'destructive' | 'always' | 'never' | readonly string[];
  /** How well it must be known whom an event is from, for calls that change something to go out without being approved. */
  readonly trust: Trust;
  /** Which tools have to be approved after one that reaches outside has answered. */
  readonly afterOutside: 'destructive' | 'changing' | 'never';
  /**
   * Arguments that are not the model's to choose, by name, of whatever tool takes them; undefined where there are none.
   * Throws `ExpressionError`.
   */
  readonly renderFixed: ((view: EventView) => Promise<Record<string, unknown>>) | undefined;
  /** What names contexts, as the file says it; undefined where the route has none. */
  readonly contextBy: string | undefined;
  /** Names the context of an event; undefined where the route has none. Gives undefined for an event without one. */
  readonly renderContext: ((view: EventView) => Promise<string | undefined>) | undefined;
  /**
   * How much is remembered of a context, and for how long after its last event. Unless it is trusted, an event is trusted no
   * further than what is remembered with it. What there is no room for is summed up by rules, or by the model of the route.
   */
  readonly memory: {
    readonly maxBytes: number;
    readonly keepMs: number;
    readonly isTrusted: boolean;
    readonly summary: 'rules' | 'model';
  };
  /** What a person's no comes to: the model is told, or the delivery is given up. */
  readonly onDeclined: 'tell' | 'stop';
  /** JSON Schema of an object that the result must fit. */
  readonly result?: Readonly<Record<string, unknown>>;
}

/** What a route promises about its tool call. */
export type Guarantee = 'at-most-once' | 'at-least-once' | 'effectively-once';

/**
 * What keeps a repeated call from having a second effect. `key`: the tool knows the key in `_meta`. `argument`: it takes
 * the key as an argument of that name. `safe`: repeating it is harmless, as with a tool that only reads. `none`: nothing
 * does, so an unknown outcome is left to a person.
 */
export type Idempotency =
  | { readonly kind: 'key' | 'safe' | 'none' }
  | { readonly kind: 'argument'; readonly name: string };

/** One tool of one server, or of any of several servers that do the same. */
export interface ToolTarget {
  /** The preferred one, where there are several. */
  readonly server: string;
  readonly tool: string;
  /** The others, in order. */
  readonly equivalents?: readonly string[];
  /** When a second server is asked as well, for a tool that only reads. */
  readonly hedge?: { readonly afterMs: number } | { readonly percentile: number };
}
