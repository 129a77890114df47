/** Ends an attempt: asks, asks again, then makes sure. */
import { killAttempt, type AttemptMarks } from './attempt-processes.ts';
import { signalProcess, waitForExit, type ProcessIdentity } from './process-identity.ts';

const SECOND_WAIT_SECONDS = 2;
const KILL_WAIT_SECONDS = 5;

/**
 * TERM, grace, TERM (dlt takes the first as a request and dies of the second), then the bootstrap is told to kill what it started,
 * which still gets its exit record written, and at last everything is killed from here. Resolves when nothing is left.
 * @throws ExecutorError backend, when something is
 */
export async function stopAttempt(
  marks: AttemptMarks,
  bootstrap: ProcessIdentity | null,
  graceSeconds: number,
): Promise<void> {
  const steps: [NodeJS.Signals, number][] = [
    ['SIGTERM', graceSeconds],
    ['SIGTERM', Math.min(SECOND_WAIT_SECONDS, graceSeconds)],
    ['SIGUSR1', KILL_WAIT_SECONDS],
  ];
  for (const [signal, waitSeconds] of steps) {
    if (bootstrap === null || !signalProcess(bootstrap, signal)) break;
    if (await waitForExit([bootstrap], waitSeconds * 1000)) break;
  }
  await killAttempt(marks);
}
