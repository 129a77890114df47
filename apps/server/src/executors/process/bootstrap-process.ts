/** Starts the bootstrap of an attempt: forked from the fork server, or with an interpreter of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptFolder } from './attempt-folder.ts';
import { ATTEMPT_ID_VARIABLE } from './attempt-processes.ts';

/** A bootstrap that was started and may have ended since. It outlives this server. */
export interface BootstrapProcess {
  /** Resolves when it has ended. */
  ended: Promise<void>;
  /** How it has ended; null while it runs. */
  describeEnd(): string | null;
  kill(): void;
}

export interface BootstrapProgram {
  /** Python interpreter for the bootstrap. */
  pythonPath: string;
  bootstrapDir: string;
}

/** The environment of every process of the bootstrap package. */
export const bootstrapVariables = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

/** Starts an interpreter for one bootstrap. */
export async function spawnBootstrap(
  program: BootstrapProgram,
  attemptId: string,
  folder: AttemptFolder,
): Promise<BootstrapProcess> {
  const log = await open(folder.bootstrapLog, 'a', 0o600);
  try {
    const child = spawn(program.pythonPath, buildBootstrapArguments(program, folder.startFile), {
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', log.fd],
      env: { ...bootstrapVariables, [ATTEMPT_ID_VARIABLE]: attemptId },
    });
    child.unref();
    return watch(child);
  } finally {
    await log.close();
  }
}

/** Arguments of the interpreter, by which other servers recognise the process. */
export function buildBootstrapArguments({ bootstrapDir }: BootstrapProgram, ...rest: string[]): string[] {
  return ['-I', '-S', join(bootstrapDir, '__main__.py'), ...rest];
}

function watch(child: ChildProcess): BootstrapProcess {
  let end: string | null = null;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      end = `could not be started: ${error.message}`;
      resolve();
    });
    child.once('exit', (code, signal) => {
      end = `ended at once (${signal ?? `exit code ${code}`})`;
      resolve();
    });
  });
  return { ended, describeEnd: () => end, kill: () => void child.kill('SIGKILL') };
}
