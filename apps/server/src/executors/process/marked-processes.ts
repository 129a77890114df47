/** Reads the marks of attempts from the environments and arguments of running processes. */
import { listProcesses, readProcessText, type ProcessEntry } from '../../platform/process-identity.ts';

/** Variable that every process of an attempt inherits. */
export const ATTEMPT_ID_VARIABLE = 'PUMPHOUSE_ATTEMPT_ID';

export interface MarkedProcess extends ProcessEntry {
  /** Entries of its environment that name an attempt. */
  attemptIds: string[];
  /** Its arguments, if its environment cannot be read: only root can read those of other users. */
  commandLine: string[];
}

interface Scan {
  /** Start time of the oldest process that somebody asked for. */
  oldest: number;
  result: Promise<MarkedProcess[]>;
}

/** The scan that has not begun, which everybody shares who asks before it begins. */
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
      const environment = await readProcessText(entry.pid, 'environ');
      const commandLine = environment === '' ? await readProcessText(entry.pid, 'cmdline') : '';
      return {
        ...entry,
        attemptIds: environment
          .split('\0')
          .filter((variable) => variable.startsWith(`${ATTEMPT_ID_VARIABLE}=`))
          .map((variable) => variable.slice(ATTEMPT_ID_VARIABLE.length + 1)),
        commandLine: commandLine.split('\0'),
      };
    }),
  );
}
