/** The process from which bootstraps are forked (python/pumphouse_bootstrap/fork_server.py). */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import type { AttemptFolder } from './attempt-folder.ts';
import {
  bootstrapVariables,
  buildBootstrapArguments,
  type BootstrapProcess,
  type BootstrapProgram,
} from './bootstrap-process.ts';
import { createForkedBootstrap, type ForkedBootstrap } from './forked-bootstrap.ts';
import type { ExecutorLog } from './process-backend.ts';
import { followReports } from './program-reports.ts';

export interface ForkServer {
  /** Forks a bootstrap for an attempt; null while there is no process to fork from. */
  fork(folder: AttemptFolder): BootstrapProcess | null;
}

/** Room for the path of an attempt in the command line of a fork. */
const PADDING_CHARACTERS = 4096;
/** Until a process that has ended is replaced, counted from its start. */
const RESTART_AFTER_MS = 60_000;

const reportSchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ id: z.int(), pid: z.int() }),
  z.object({ id: z.int(), ended: z.string() }),
]);

/** Starts the process when the first bootstrap is wanted. It ends with this server. */
export function createForkServer(program: BootstrapProgram, log: Pick<ExecutorLog, 'warn'>): ForkServer {
  let current: ForkServer | null = null;
  let startedAtMs = -Infinity;

  function start(): void {
    if (performance.now() - startedAtMs < RESTART_AFTER_MS) return;
    startedAtMs = performance.now();
    const started = startForkServer(program, (reason) => {
      if (current === started) current = null;
      log.warn({ reason }, 'The process that forks bootstraps has ended; they start interpreters meanwhile');
    });
    current = started;
  }

  return {
    fork(folder) {
      if (current === null) start();
      return current?.fork(folder) ?? null;
    },
  };
}

function startForkServer(program: BootstrapProgram, onEnd: (reason: string) => void): ForkServer {
  const padding = ' '.repeat(PADDING_CHARACTERS);
  const child = spawn(program.pythonPath, buildBootstrapArguments(program, '--fork-server', padding), {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: bootstrapVariables,
  });
  letServerEnd(child);
  const forks = new Map<number, ForkedBootstrap>();
  let isReady = false;
  let lastId = 0;

  const end = (reason: string): void => {
    isReady = false;
    for (const fork of forks.values()) fork.lose();
    forks.clear();
    onEnd(reason);
  };
  child.once('error', (error) => end(error.message));
  child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  child.stdin.on('error', () => undefined);
  followReports(child.stdout, reportSchema, (report) => {
    if ('ready' in report) isReady = true;
    else if ('pid' in report) forks.get(report.id)?.begin(report.pid);
    else {
      forks.get(report.id)?.end(report.ended);
      forks.delete(report.id);
    }
  });

  return {
    fork({ startFile, bootstrapLog }) {
      if (!isReady) return null;
      lastId += 1;
      const fork = createForkedBootstrap();
      forks.set(lastId, fork);
      child.stdin.write(`${JSON.stringify({ id: lastId, start_file: startFile, log_file: bootstrapLog })}\n`);
      return fork.process;
    },
  };
}

/** The end of this server's process must not wait for its fork server. */
function letServerEnd(child: ChildProcessByStdio<Writable, Readable, null>): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout]) if (stream instanceof Socket) stream.unref();
}
