/** Checks uploaded archives in threads, so that the server stays responsive. */
import type { ArchiveResults, ArchiveTask } from './check-archive.ts';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { archiveWorkerModule } from '../../../platform/program-files.ts';
import { unpackError, type PackedError } from './packed-error.ts';

export type ArchiveThreads = ReturnType<typeof createArchiveThreads>;

interface Job {
  task: ArchiveTask;
  resolve: (result: never) => void;
  reject: (reason: unknown) => void;
}

/** The result has the type of the job's task, which a message between threads loses. */
type Message = { result: never } | { error: PackedError };

/**
 * One core stays free for the server. Unpacking also uses libuv threads, of which there are four, and
 * password hashing needs two.
 */
const defaultCount = Math.max(1, Math.min(2, availableParallelism() - 1));
/** A thread takes 30 MB, and uploads come in groups with long pauses between them. */
const defaultIdleMs = 5000;
/** Far more than the largest manifest needs; a thread that exceeds it exits alone. */
const maxThreadMegabytes = 512;

interface ArchiveThreadOptions {
  count?: number;
  /** How long a thread waits for another archive before it ends. */
  idleMs?: number;
  /** The module of a thread. */
  entry?: URL;
  /** For threads of tests. */
  workerData?: unknown;
}

export function createArchiveThreads(options: ArchiveThreadOptions = {}) {
  const { count = defaultCount, idleMs = defaultIdleMs, workerData } = options;
  const { entry = archiveWorkerModule } = options;
  const waiting: Job[] = [];
  const idle = new Map<Worker, NodeJS.Timeout>();
  let alive = 0;

  function startThread(): Worker {
    alive += 1;
    return new Worker(entry, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: maxThreadMegabytes },
    });
  }

  function rest(thread: Worker): void {
    const timer = setTimeout(() => {
      idle.delete(thread);
      alive -= 1;
      void thread.terminate();
    }, idleMs);
    idle.set(thread, timer.unref());
  }

  function takeIdle(): Worker | undefined {
    for (const [thread, timer] of idle) {
      clearTimeout(timer);
      idle.delete(thread);
      return thread;
    }
    return undefined;
  }

  function startWaiting(): void {
    while (waiting.length > 0 && (idle.size > 0 || alive < count)) {
      const job = waiting.shift();
      if (job) start(job, takeIdle() ?? startThread());
    }
  }

  function start(job: Job, thread: Worker): void {
    const finish = (settle: () => void, isAlive: boolean) => {
      thread.off('message', read).off('error', fail).off('exit', end);
      if (isAlive) rest(thread);
      else alive -= 1;
      settle();
      startWaiting();
    };
    const read = (message: Message) =>
      finish(() => {
        if ('error' in message) job.reject(unpackError(message.error));
        else job.resolve(message.result);
      }, true);
    const fail = (error: unknown) => finish(() => job.reject(error), false);
    const end = () => fail(new Error('A thread that checks archives ended'));
    thread.on('message', read).on('error', fail).on('exit', end);
    // A stopping server does not wait for archives.
    thread.unref();
    thread.postMessage(job.task);
  }

  return {
    /** @throws ArchiveError or ServiceError that rejects the archive */
    check<Kind extends ArchiveTask['kind']>(
      task: Extract<ArchiveTask, { kind: Kind }>,
    ): Promise<ArchiveResults[Kind]> {
      return new Promise((resolve, reject) => {
        waiting.push({ task, resolve, reject });
        startWaiting();
      });
    },
  };
}

/** The threads of this process, started at the first upload. */
export const archiveThreads: ArchiveThreads = createArchiveThreads();
