/**
 * Finds and ends all processes of an attempt, including those that left the process tree of its bootstrap.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ExecutorError } from '../contract/executor-error.ts';
import { readGroupPids } from './control-groups.ts';
import { listMarkedProcesses, type MarkedProcess } from './marked-processes.ts';
import {
  readBootId,
  selectDescendants,
  signalProcess,
  waitForExit,
  type ProcessEntry,
  type LocalProcess,
  type ProcessIdentity,
} from '../../platform/process-identity.ts';

const SWEEPS = 20;
const SWEEP_WAIT_MILLISECONDS = 250;

export interface AttemptMarks {
  attemptId: string;
  /**
   * Path of its start.json. It is an argument of the bootstrap, whose environment an unprivileged server
   * cannot read.
   */
  startFile: string;
  /** Pid of the bootstrap, while it is known to run. */
  bootstrapPid: number | null;
  /**
   * Start time of the bootstrap in clock ticks since boot: older processes cannot belong to the attempt. Null
   * if unknown.
   */
  startTime: number | null;
  /**
   * The first process of a forked run, whose processes carry no mark; they are its descendants. Null for others.
   */
  forked: LocalProcess | null;
  /** Folders of its control group; processes cannot leave it. */
  controlGroup: string[];
}

/**
 * Finds every running process of the attempt: the bootstrap and its descendants, and processes that carry the
 * attempt's mark in their environment or arguments or are in its control group, with their descendants.
 * Detached processes are found only by mark or group.
 */
export async function findAttemptProcesses(marks: AttemptMarks): Promise<ProcessEntry[]> {
  // A forked run may have waited for its attempt.
  const oldest = Math.min(marks.startTime ?? 0, marks.forked?.startTime ?? Infinity);
  const processes = await listMarkedProcesses(oldest);
  const found = new Map<number, ProcessEntry>();
  const grouped = await readGroupPids(marks.controlGroup);
  const forked = processes.find(
    ({ pid, startTime }) => pid === marks.forked?.pid && startTime === marks.forked.startTime,
  );
  const roots = [
    marks.bootstrapPid,
    forked?.pid ?? null,
    ...processes.filter((entry) => isMarked(entry, marks)).map(({ pid }) => pid),
    ...grouped,
  ];
  for (const root of roots) {
    if (root === null) continue;
    for (const entry of selectDescendants(processes, root)) found.set(entry.pid, entry);
  }
  found.delete(process.pid);
  return [...found.values()];
}

function isMarked(
  { attemptIds, commandLine }: MarkedProcess,
  { attemptId, startFile }: AttemptMarks,
): boolean {
  return attemptIds.includes(attemptId) || commandLine.includes(startFile);
}

/**
 * Sends SIGKILL to all processes of the attempt until none is left.
 * @throws ExecutorError backend, when some remain
 */
export async function killAttempt(marks: AttemptMarks): Promise<void> {
  const bootId = readBootId();
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const left = (await findAttemptProcesses(marks)).map(({ pid, startTime }): ProcessIdentity => ({
      bootId,
      pid,
      startTime,
    }));
    if (left.length === 0) return;
    for (const identity of left) signalProcess(identity, 'SIGKILL');
    await waitForExit(left, SWEEP_WAIT_MILLISECONDS);
    // A process that was just forking is only seen by the next sweep.
    await sleep(1);
  }
  throw new ExecutorError('backend', `Processes of attempt ${marks.attemptId} stay after SIGKILL.`);
}
