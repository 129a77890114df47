/** Reads the marks of attempts from the environments and arguments of running processes. */
import { listProcesses, readProcessText, type ProcessEntry } from '../../platform/process-identity.ts';

/** Variable that every process of an attempt inherits. */
export const ATTEMPT_ID_VARIABLE = 'PUMPHOUSE_ATTEMPT_ID';

export interface MarkedProcess extends ProcessEntry {
  /** Entries of its environment that name an attempt. */
  attemptIds: string[];
  /**
   * Its arguments, if its environment names no attempt: a forked bootstrap has another one, and only root can
   * read those of other users.
   */
  commandLine: string[];
}

interface Scan {
  /** The earliest start time of a call. */
  oldest: number;
  result: Promise<MarkedProcess[]>;
}

/** The scan that has not begun. All calls before it begins share it. */
let next: Scan | null = null;
let last: Promise<unknown> = Promise.resolve();

/**
 * Lists the processes that started at this time or later, as of a moment after the call. Reading two files of
 * each process is the most expensive part of removing an attempt, so attempts that end together share a scan.
 */
export async function listMarkedProcesses(oldest: number): Promise<MarkedProcess[]> {
  next ??= prepareScan();
  next.oldest = Math.min(next.oldest, oldest);
  return (await next.result).filter(({ startTime }) => startTime >= oldest);
}

function prepareScan(): Scan {
  const scan: Scan = {
    oldest: Infinity,
    result: last.then(() => {
      next = null;
      return readMarks(scan.oldest);
    }),
  };
  last = scan.result.catch(() => undefined);
  return scan;
}

async function readMarks(oldest: number): Promise<MarkedProcess[]> {
  const processes = (await listProcesses()).filter(({ startTime }) => startTime >= oldest);
  return Promise.all(
    processes.map(async (entry) => {
      const attemptIds = readAttemptIds(await readProcessText(entry.pid, 'environ'));
      const commandLine = attemptIds.length === 0 ? await readProcessText(entry.pid, 'cmdline') : '';
      return { ...entry, attemptIds, commandLine: commandLine.split('\0') };
    }),
  );
}

function readAttemptIds(environment: string): string[] {
  const prefix = `${ATTEMPT_ID_VARIABLE}=`;
  return environment
    .split('\0')
    .filter((variable) => variable.startsWith(prefix))
    .map((variable) => variable.slice(prefix.length));
}
