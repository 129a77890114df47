// `node health-check.mjs /readyz`: exits with 0 when this container's server responds to that path with
// success, and prints the response. A separate script, because the `pumphouse` command loads the whole
// server, and an image may not have curl.
const path = process.argv[2] ?? '/healthz';
const port = process.env.PUMPHOUSE_PORT || '8080';
const timeoutMs = 4000;

try {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
  console.log(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.log(`The server does not answer: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
