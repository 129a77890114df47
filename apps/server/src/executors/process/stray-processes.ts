/** Finds processes of a data folder's attempts without the attempts' folders, which may be gone. */
import { join } from 'node:path';
import { locateAttemptFolder, locateAttemptsFolder } from './attempt-folder.ts';
import { ATTEMPT_ID_VARIABLE } from './marked-processes.ts';
import { listProcesses, readProcessText } from '../../platform/process-identity.ts';
import { isSafeName } from '../safe-name.ts';

export interface MarkedAttempt {
  attemptId: string;
  /** Start time of its oldest process, in clock ticks since boot. */
  startTime: number;
}

/** All attempts of this data folder that have a running process. */
export async function listMarkedAttempts(dataDir: string, bootstrapDir: string): Promise<MarkedAttempt[]> {
  const found = new Map<string, MarkedAttempt>();
  for (const { pid, startTime } of await listProcesses()) {
    if (pid === process.pid) continue;
    const [environment, commandLine] = await Promise.all([
      readProcessText(pid, 'environ'),
      readProcessText(pid, 'cmdline'),
    ]);
    const texts = { environment: environment.split('\0'), commandLine: commandLine.split('\0') };
    const attemptId = recognizeAttempt(texts, dataDir, bootstrapDir);
    if (attemptId === null) continue;
    const oldest = Math.min(startTime, found.get(attemptId)?.startTime ?? Infinity);
    found.set(attemptId, { attemptId, startTime: oldest });
  }
  return [...found.values()];
}

/**
 * Derives a process's attempt from its variables and arguments; null if it does not belong to this data
 * folder. The variable alone could belong to another installation, and a path alone to a process that only
 * reads a file; together they are conclusive. A server without privileges cannot read the bootstrap's
 * variables, but its command line is unique.
 */
export function recognizeAttempt(
  { environment, commandLine }: { environment: readonly string[]; commandLine: readonly string[] },
  dataDir: string,
  bootstrapDir: string,
): string | null {
  const prefix = `${ATTEMPT_ID_VARIABLE}=`;
  const named = environment.find((entry) => entry.startsWith(prefix))?.slice(prefix.length);
  if (named !== undefined && isSafeName(named)) {
    const inside = `${locateAttemptFolder(dataDir, named).path}/`;
    const values = environment.map((entry) => entry.slice(entry.indexOf('=') + 1));
    if ([...values, ...commandLine].some((text) => text.startsWith(inside))) return named;
  }
  const program = commandLine.indexOf(join(bootstrapDir, '__main__.py'));
  const startFile = program === -1 ? '' : (commandLine[program + 1] ?? '');
  const attemptsFolder = `${locateAttemptsFolder(dataDir)}/`;
  if (!startFile.startsWith(attemptsFolder)) return null;
  const attemptId = startFile.slice(attemptsFolder.length).split('/')[0] ?? '';
  if (!isSafeName(attemptId)) return null;
  return locateAttemptFolder(dataDir, attemptId).startFile === startFile ? attemptId : null;
}
