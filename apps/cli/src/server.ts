import { createLiveConfig, createRecentErrors, createServerLog } from '@pumphouse/server/operator';
import { startServer, type RunningServer } from '@pumphouse/server/main';
import { formatStartReport } from './doctor-report.ts';
import { paint } from './doctor.ts';
import { watchReloadSignal } from './reload-signal.ts';
import { watchStopSignals } from './stop-signals.ts';

/** Runs the server until SIGTERM or SIGINT; SIGHUP reloads its settings. Active runs continue without it. */
export async function serve(): Promise<void> {
  const live = createLiveConfig();
  const recentErrors = createRecentErrors();
  const log = createServerLog(live.current, recentErrors);
  watchReloadSignal(live, log);
  if (live.file !== null) log.info({ file: live.file }, 'settings come from a file');
  let server: RunningServer | null = null;
  const signals = watchStopSignals(log, () => server?.listOpen() ?? ['start']);
  server = await startServer(live, log, recentErrors);
  // Print this first, because scripts wait for the second line and stop reading there.
  if (server.setupUrl) process.stdout.write(`Set up Pumphouse at ${server.setupUrl}\n`);
  process.stdout.write(`Pumphouse is ready at ${server.url}\n`);
  // After the lines above: the checks take seconds, and no one reads them where standard output is a file.
  if (process.stdout.isTTY)
    reportStart(server).catch((err: unknown) => log.warn({ err }, 'no checks were made'));
  await signals.asked;
  await server.stop();
  signals.noteStopped();
}

async function reportStart(server: RunningServer): Promise<void> {
  const results = await server.examine();
  process.stdout.write(formatStartReport(results, { isFirst: server.setupUrl !== null }, paint));
}
