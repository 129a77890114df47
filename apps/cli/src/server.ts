import { createServerLog, readConfig } from '@pumphouse/server/operator';
import { startServer } from '@pumphouse/server/main';

/** Runs the server until SIGTERM or SIGINT. Active runs continue without it. */
export async function serve(): Promise<void> {
  const config = readConfig();
  const log = createServerLog(config);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  const server = await startServer(config, log);
  // Print this first, because scripts wait for the second line and stop reading there.
  if (server.setupUrl) process.stdout.write(`Set up Pumphouse at ${server.setupUrl}\n`);
  process.stdout.write(`Pumphouse is ready at ${server.url}\n`);
  await stopped;
  await server.stop();
}
