import { startTestServer, type TestServer } from '../fixtures/server.ts';

/** A server as the benchmark measures it: the second start on its data folder. */
export async function startBenchServer(variables: Record<string, string>): Promise<TestServer> {
  const first = await startTestServer(variables);
  // The first start after a change of the code compiles it, and keeps the memory of that.
  await first.end('SIGTERM');
  return first.restart();
}
