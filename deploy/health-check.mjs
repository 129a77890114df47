// `node health-check.mjs /readyz`: ends with 0 when the server of this container answers that path with success, and prints what it said.
// A script of its own: the `pumphouse` command loads the whole server, and an image need not have curl.
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
