import { readConfig } from '@pumphouse/server/config.ts';
import { createServerLog, startServer } from '@pumphouse/server/main';

/** Runs the server until SIGTERM or SIGINT. Runs that are under way go on without it. */
export async function serve(): Promise<void> {
  const config = readConfig();
  const log = createServerLog(config);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  const server = await startServer(config, log);
  process.stdout.write(`Pumphouse is ready at ${server.url}\n`);
  await stopped;
  await server.stop();
}
