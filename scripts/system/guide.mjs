/**
 * What a person sees when the system is ready: one line that says so, then where everything is and how to see it work.
 * @param {{ settings: import('./settings.mjs').Settings, redis: string, seconds: string }} facts
 */
export function formatGuide({ settings, redis, seconds }) {
  const { ports, consumers, modelUrl } = settings;
  const at = (/** @type {number} */ port) => `http://127.0.0.1:${port}`;
  const cloud = (/** @type {'aws' | 'gcp' | 'azure'} */ name) =>
    `  ${`mock ${name}`.padEnd(12)}${at(ports[name])}/mcp      what it was asked and did: ${at(ports[name])}/witness`;
  return `
millrace is ready (${seconds} s)

  producer    ${at(ports.producer)}          its interface: ${at(ports.producer)}/docs
  operator    ${at(ports.operator)}          the console, in a browser; its interface: ${at(ports.operator)}/docs
  consumers   ${consumers}
${cloud('aws')}
${cloud('gcp')}
${cloud('azure')}
  model       ${modelUrl ?? `${at(ports.model)}/v1      scripted; a real one: MODEL_URL=… MODEL_NAME=… MODEL_API_KEY=… npm start`}
  redis       ${redis}

Post an event:

  curl -s ${at(ports.producer)}/v1/events -H 'content-type: application/json' \\
    -d '{"type":"com.shop.order.created","data":{"orderId":"1001","total":199.5,"sku":"mug","quantity":1}}'

Have a model find out what is wrong with a service; it asks before it restarts anything:

  curl -s ${at(ports.producer)}/v1/events -H 'content-type: application/json' \\
    -d '{"type":"com.ops.incident.escalated","data":{"service":"checkout","ticketId":"T-1"}}'
  npm run millrace -- approvals list

Read what became of it, with the "ref" of the answer:

  curl -s ${at(ports.producer)}/v1/events/REF

Logs are in .millrace/logs, data in .millrace/redis. Ctrl-C stops everything.`;
}
