// The health check of every service's container: exits 0 when the service in it says that it is ready. The service's
// port is in the one port variable that the container was given.
const [, port] =
  Object.entries(process.env).find(([name]) =>
    /^(PRODUCER|OPERATOR|CONSUMER|MCP_[A-Z]+|MODEL_SCRIPT)_PORT$/.test(name),
  ) ?? [];
const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_500) });
if (!answer.ok) console.error(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
