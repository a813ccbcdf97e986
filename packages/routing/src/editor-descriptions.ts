/** What an editor says of each key of `routes.yaml`, by its path. */
export const ROUTE_DESCRIPTIONS: Readonly<Record<string, string>> = {
  routes: 'What is done about which events. An event takes every route that is for it, each delivery by itself.',
  id: 'Unique name: 1 to 64 letters, digits, ".", "_" or "-". Records, metrics and dead letters name it.',
  on: 'Which events: a CloudEvents subscription filter over their attributes. Keys side by side must all hold.',
  when: 'A condition in CEL over `event`, asked of the events that `on` accepts: `event.data.total > 100`.',
  call: 'Calls one tool of a server. Needs `with`.',
  'call.server': 'Name of a server in servers.yaml. Or `anyOf`.',
  'call.anyOf': 'Servers that do the same, the preferred one first: a call goes to the first healthy one.',
  'call.hedge':
    'Asks a second server of anyOf too when the first is slower than p50 to p99 of its calls, or than a time. For tools that only read.',
  'call.tool': 'Name of the tool, as the server lists it.',
  handler: 'Runs a TypeScript or JavaScript handler: its path inside the configuration folder.',
  agent: 'Lets a language model work on the event with tools.',
  'agent.model': 'Name of a model in models.yaml. Default: default.',
  'agent.tools':
    'What it may call: <server>/<tool>, where * in the tool stands for any characters. Nothing else is called.',
  'agent.resources':
    'What is read for it before it begins: <server>/<uri>, where {…} in the uri is JSONata over the event. At most 8.',
  'agent.instructions': 'What it is to do. The event is shown to it beside, as data.',
  'agent.limits':
    'What one event may cost, all attempts together. Reaching a limit ends the delivery as a dead letter.',
  'agent.limits.steps': 'Answers of the model. Default 8.',
  'agent.limits.calls': 'Tool calls that it asks for, denied ones included. Default 16.',
  'agent.limits.tokens': 'Tokens in and out. Default 50000.',
  'agent.limits.seconds': 'Time since the first attempt began. Default 120.',
  'agent.limits.cost': 'By the prices in models.yaml. Default 1.',
  'agent.approve':
    'Which calls wait for a person: destructive (default), always, never, or a list of <server>/<tool> like that of `tools`.',
  'agent.trust':
    'How well it must be known whom the event is from: signed, keyed (default) or anonymous. Below that, every call that may change something waits for a person.',
  'agent.afterOutside':
    'Which calls wait for a person once a tool that reaches outside has answered: destructive (default), changing or never.',
  'agent.context':
    'What the event is part of: subject, partitionkey, or JSONata over the event. Events of one context are worked on one at a time, and what each left is shown to the next.',
  'agent.memory': 'How much is remembered of a context.',
  'agent.memory.bytes': 'Of JSON, 1024 to 65536. Default 16384.',
  'agent.memory.keep': 'For how long after its last event. Default 720h, thirty days.',
  'agent.memory.summary':
    'Who sums up what there is no room for: rules (default), a line for each event; or model, the one of the route, asked once more.',
  'agent.memory.trusted':
    'Whether what is remembered lowers the trust in an event. false (default): it does, to that of the least trusted of earlier events.',
  'agent.fixed':
    'Arguments that the model does not choose, in JSONata over the event: of every tool that takes one of that name.',
  'agent.onDeclined': 'What a no comes to. tell: the model hears of it and goes on. stop: the delivery is given up.',
  'agent.result': 'JSON Schema of an object that its result must fit. Without it the result is its last text.',
  with: 'Arguments of the tool in JSONata over the event: attributes by name, and `data`. Gives an object.',
  delivery: 'The guarantee: at-least-once (default), at-most-once, or effectively-once.',
  idempotency:
    'What keeps a repeated call from a second effect. key: the tool recognises the key in `_meta`. safe: repeating is harmless. { argument }: it takes the key as that argument.',
  'idempotency.argument': 'Name of the argument that takes the key.',
  ordered:
    'Deliveries whose events have the same key go out one at a time, in the order of acceptance: partitionkey, subject, or JSONata over the event.',
  'ordered.by': 'The key: partitionkey, subject, or JSONata over the event. An event without one waits for nobody.',
  'ordered.onFailure':
    'block: the key waits for retries, a dead letter lets it go on (default). stop: a dead letter holds it until a person decides. skip: others go on at once, retries come after them.',
  timeout: 'For one attempt, such as 500ms, 10s or 2m. Default 30s.',
  retry: 'How often and how soon a failed delivery is tried again.',
  'retry.attempts': 'Attempts in all, the first included. Default 5. Attempts that were never sent do not count.',
  'retry.backoff': 'Each pause is twice as long as the one before.',
  'retry.initial': 'First pause. Default 500ms.',
  'retry.max': 'Longest pause. Default 30s.',
  'retry.jitter': 'Pauses are drawn between nothing and their length, so that retries do not come back together.',
  emit: 'The event that a done delivery emits; it takes its own routes.',
  'emit.type': 'Type of that event.',
  'emit.subject': 'Its subject. Default: that of the event.',
  'emit.partitionkey':
    'Its partition key: JSONata over the event and `result`, such as data.customerId. Default: that of the event.',
  'emit.data': 'Its data in JSONata over the event and `result`, the answer of the tool.',
};

/** What an editor says of each key of a filter. */
export const FILTER_DESCRIPTIONS: Readonly<Record<string, string>> = {
  type: 'The type is this. Short for `exact: { type: … }`. `*` stands for itself: see `prefix`.',
  source: 'The source is this.',
  subject: 'The subject is this.',
  exact: 'Each of these attributes has this value.',
  prefix: 'Each of these attributes begins with this.',
  suffix: 'Each of these attributes ends with this.',
  all: 'All of these filters accept the event. `all: []` accepts every event.',
  any: 'At least one of these filters accepts the event.',
  not: 'This filter does not accept the event.',
};

/** What an editor says of each key of `servers.yaml`, by its path under a server. */
export const SERVER_DESCRIPTIONS: Readonly<Record<string, string>> = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of the file, not of a template
  url: 'Where it is. `${NAME}` and `${NAME:-default}` stand for environment variables.',
  bearerTokenFrom: 'Name of the environment variable with its bearer token; NAME_FILE names a file instead.',
  clientCredentials: 'OAuth 2.1 client credentials, by secret or signed JWT.',
  headers: 'Headers of every request. Not for secrets.',
  tls: 'Its certificate authority, and our certificate where it asks for one.',
  allowedHosts: 'Hosts that may be connected to. Default: that of the url.',
  privateAddresses: 'Whether it may be at a private or loopback address although its name says nothing of it.',
  concurrency: 'Calls at once, per consumer. Default 32.',
  connectTimeout: 'Longest wait for a connection. Default 2s.',
  attemptTimeout: 'Longest wait for an answer without progress.',
  totalTimeout: 'Longest call in all, however much progress it reports.',
  trustAnnotations: 'Whether its hints about tools (read-only, idempotent) are believed. Default false.',
  pinsCheckedEvery: 'How old a comparison with tools.lock.json may be. Default 1m; 0s compares before every call.',
  rate: 'Calls in a time, over all consumers together.',
  breaker: 'When to stop calling a server that fails, and how soon to try it again. false: never.',
  maxResultBytes: 'Largest answer, in bytes. Default 1048576.',
  maxResultDepth: 'How deep an answer may nest. Default 64.',
};
