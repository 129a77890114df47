import type { BootstrapProcess } from './bootstrap-process.ts';

/** A bootstrap that the fork server was asked for, and what it has reported of it. */
export interface ForkedBootstrap {
  process: BootstrapProcess;
  begin(pid: number): void;
  end(reason: string): void;
  /** The fork server is gone: whether the bootstrap runs is unknown, and no report of its end will come. */
  lose(): void;
}

export function createForkedBootstrap(): ForkedBootstrap {
  const { promise, resolve } = Promise.withResolvers<void>();
  let pid: number | null = null;
  let end: string | null = null;
  const finish = (reason: string): void => {
    end = reason;
    resolve();
  };
  return {
    process: {
      ended: promise,
      describeEnd: () => end,
      kill() {
        // Its pid is its own until the fork server has reported its end.
        if (pid !== null && end === null) process.kill(pid, 'SIGKILL');
      },
    },
    begin: (value) => void (pid = value),
    end: (reason) => finish(`ended at once (${reason})`),
    lose: () => finish('was lost with the process that forks bootstraps'),
  };
}
