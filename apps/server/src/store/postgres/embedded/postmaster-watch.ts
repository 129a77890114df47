import type { Logger } from 'pino';
import type { Postmaster } from './postmaster.ts';
import { isLocalProcessAlive } from '../../../platform/process-identity.ts';

/** The logger methods that the embedded Postgres uses. */
export type EmbeddedLog = Pick<Logger, 'info' | 'warn' | 'error'>;

export interface PostmasterWatch {
  /** Ends the watch; a restart in progress finishes first. */
  stop(): Promise<void>;
}

interface WatchDeps {
  postmaster: Postmaster;
  /** Starts Postgres, or returns the one that another server has started. */
  restart: () => Promise<Postmaster>;
  /** Maintenance, about every half second. */
  onTick: () => Promise<void>;
  log: EmbeddedLog;
}

const checkMs = 200;
const ticksPerUpkeep = 2;

/** Checks every 200 ms whether Postgres is alive and restarts it if not, however long that takes. */
export function watchPostmaster(deps: WatchDeps): PostmasterWatch {
  const { restart, onTick, log } = deps;
  let postmaster = deps.postmaster;
  let ticks = 0;
  let stopped = false;
  let timer = setTimeout(run, checkMs).unref();
  let current = Promise.resolve();

  function run(): void {
    current = check()
      .catch((error: unknown) => log.error({ err: error }, 'Embedded Postgres: trying again'))
      .finally(() => {
        if (!stopped) timer = setTimeout(run, checkMs).unref();
      });
  }

  async function check(): Promise<void> {
    if (!isLocalProcessAlive(postmaster)) {
      log.warn({ pid: postmaster.pid }, 'Embedded Postgres is gone, starting it again');
      postmaster = await restart();
    }
    ticks += 1;
    if (ticks % ticksPerUpkeep === 0) await onTick();
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
