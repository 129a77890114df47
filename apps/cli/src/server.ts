import { createRecentErrors, createServerLog, readConfig } from '@pumphouse/server/operator';
import { startServer, type RunningServer } from '@pumphouse/server/main';
import { watchStopSignals } from './stop-signals.ts';

/** Runs the server until SIGTERM or SIGINT. Active runs continue without it. */
export async function serve(): Promise<void> {
  const config = readConfig();
  const recentErrors = createRecentErrors();
  const log = createServerLog(config, recentErrors);
  let server: RunningServer | null = null;
  const signals = watchStopSignals(log, () => server?.listOpen() ?? ['start']);
  server = await startServer(config, log, recentErrors);
  // Print this first, because scripts wait for the second line and stop reading there.
  if (server.setupUrl) process.stdout.write(`Set up Pumphouse at ${server.setupUrl}\n`);
  process.stdout.write(`Pumphouse is ready at ${server.url}\n`);
  await signals.asked;
  await server.stop();
  signals.noteStopped();
}
