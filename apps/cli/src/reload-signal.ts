import { isatty } from 'node:tty';
import type { createServerLog, LiveConfig } from '@pumphouse/server/operator';

type Log = ReturnType<typeof createServerLog>;

const standardError = 2;

/**
 * Reloads the settings at each SIGHUP. A server whose terminal was closed gets that signal too: it stops, as it did
 * before.
 */
export function watchReloadSignal(live: LiveConfig, log: Log): void {
  const hasTerminal = isatty(standardError);
  process.on('SIGHUP', () => {
    if (hasTerminal && !isatty(standardError)) process.kill(process.pid, 'SIGTERM');
    else reloadSettings(live, log);
  });
}

/** Invalid settings are logged and change nothing. */
function reloadSettings(live: LiveConfig, log: Log): void {
  try {
    const { applied, waiting } = live.reload();
    log.level = live.current.logLevel;
    log.info({ applied }, 'the settings were reloaded');
    if (waiting.length > 0) log.warn({ settings: waiting }, 'changed settings need a restart of the server');
  } catch (err) {
    log.error({ err }, 'the settings were not reloaded: the previous ones stay in force');
  }
}
