// The client under test of the MCP conformance suite: our tool caller, and as little around it as can be. The suite
// names its scenario, the revision and what belongs to them in the environment, and appends the URL of its server.
import { createToolCaller } from '@millrace/mcp-client';

const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
/** @type {{ client_id?: string, client_secret?: string, private_key_pem?: string, signing_algorithm?: string, toolCalls?: { name: string, arguments: Record<string, unknown> }[] }} */
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const url = String(process.argv.at(-1));

const caller = createToolCaller([{ name: 'peer', url, privateAddresses: true, ...credentials() }]);
const { signal } = new AbortController();
try {
  await run();
} finally {
  await caller.close();
}

function credentials() {
  const { client_id: clientId, client_secret: secret, private_key_pem: privateKey } = context;
  if (clientId === undefined) return {};
  const proof =
    secret !== undefined
      ? /** @type {const} */ ({ kind: 'secret', secret })
      : /** @type {const} */ ({
          kind: 'signed-jwt',
          privateKey: privateKey ?? '',
          algorithm: context.signing_algorithm ?? 'ES256',
        });
  return { credentials: /** @type {const} */ ({ kind: 'client-credentials', clientId, proof }) };
}

async function run() {
  const listing = await caller.listTools('peer', signal);
  if (listing.kind === 'failed') throw listing.error;
  if (context.toolCalls !== undefined) {
    for (const { name, arguments: args } of context.toolCalls) await call(name, args);
    return;
  }
  // A schema is looked at, never followed to where it points.
  if (scenario === 'json-schema-ref-no-deref') return;
  await Promise.all(listing.tools.map(({ name, inputSchema }) => callThrough(name, exampleOf(inputSchema))));
}

/**
 * Calls a tool, and again with an answer for as long as it asks for one.
 * @param {string} tool
 * @param {Record<string, unknown>} args
 */
async function callThrough(tool, args) {
  let outcome = await call(tool, args);
  for (let round = 0; round < 5 && outcome.kind === 'failed' && outcome.error.input !== undefined; round++) {
    const { requests, requestState } = outcome.error.input;
    const responses = Object.fromEntries(
      Object.keys(requests).map((name) => [name, { action: 'accept', content: { confirmed: true } }]),
    );
    outcome = await call(tool, args, { responses, ...(requestState === undefined ? {} : { requestState }) });
  }
}

/**
 * @param {string} tool
 * @param {Record<string, unknown>} args
 * @param {import('@millrace/mcp-client').InputGiven} [input]
 */
async function call(tool, args, input) {
  const given = input === undefined ? {} : { input };
  const toolCall = { server: 'peer', tool, arguments: args, idempotencyKey: tool, timeoutMs: 10_000, ...given };
  const outcome = await caller.call(toolCall, signal);
  console.log(tool, outcome.kind === 'ok' ? 'ok' : `${outcome.error.code}: ${outcome.error.message}`);
  return outcome;
}

/**
 * Arguments that a tool takes: one value of its type for each thing that is required.
 * @param {any} schema
 */
function exampleOf(schema) {
  /** @type {Record<string, unknown>} */
  const examples = { number: 1, integer: 1, boolean: true, array: [], object: {}, null: null };
  const names = /** @type {string[]} */ (schema?.required ?? []);
  const typeOf = (/** @type {string} */ name) => String(schema?.properties?.[name]?.type);
  return Object.fromEntries(names.map((name) => [name, examples[typeOf(name)] ?? 'text']));
}
