import type { Logger } from 'pino';
import { isPostmasterAlive } from './postmaster.ts';
import type { Postmaster } from './postmaster.ts';

/** What the embedded Postgres needs of a logger. */
export type EmbeddedLog = Pick<Logger, 'info' | 'warn' | 'error'>;

export interface PostmasterWatch {
  /** Ends the watch; a restart under way finishes first. */
  stop(): Promise<void>;
}

interface WatchDeps {
  postmaster: Postmaster;
  /** Starts Postgres, or gives the one that another server started meanwhile. */
  restart: () => Promise<Postmaster>;
  /** Upkeep, about every half a second. */
  onTick: () => Promise<void>;
  log: EmbeddedLog;
}

const checkMs = 200;
const ticksPerUpkeep = 2;

/** Looks every 200 ms whether Postgres lives and starts it again when it does not, for as long as that takes. */
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
    if (!isPostmasterAlive(postmaster)) {
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
