import { createServerLog, readConfig } from '@pumphouse/server/operator';
import { startServer } from '@pumphouse/server/main';

/** Runs the server until SIGTERM or SIGINT. Runs that are under way go on without it. */
export async function serve(): Promise<void> {
  const config = readConfig();
  const log = createServerLog(config);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  const server = await startServer(config, log);
  // Before the line that others wait for, and stop reading at.
  if (server.setupUrl) process.stdout.write(`Set up Pumphouse at ${server.setupUrl}\n`);
  process.stdout.write(`Pumphouse is ready at ${server.url}\n`);
  await stopped;
  await server.stop();
}
