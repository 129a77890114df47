import { startTestServer, type TestServer } from '../fixtures/server.ts';

/** Starts a server as the benchmark measures it: the second start on its data folder. */
export async function startBenchServer(variables: Record<string, string>): Promise<TestServer> {
  const first = await startTestServer(variables);
  // The first start after a code change compiles the code, and keeps the memory for that.
  await first.end('SIGTERM');
  return first.restart();
}
