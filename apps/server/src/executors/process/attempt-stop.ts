/** Ends an attempt: with two requests, then by force. */
import { killAttempt, type AttemptMarks } from './attempt-processes.ts';
import { signalProcess, waitForExit, type ProcessIdentity } from '../../platform/process-identity.ts';

const SECOND_WAIT_SECONDS = 2;
const KILL_WAIT_SECONDS = 5;

/**
 * Sends TERM, waits for the grace period, and sends TERM again (dlt treats the first as a request and exits
 * on the second). Then the bootstrap is told to kill its children, which still yields an exit record, and
 * finally everything is killed from here. Resolves when nothing is left.
 * @throws ExecutorError backend, when processes remain
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
