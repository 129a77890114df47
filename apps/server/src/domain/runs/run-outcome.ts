import type { InstanceSize, JobDefinition } from '../jobs/job-definition.ts';
import type { InstanceSizes } from '../attempts/instance-sizes.ts';
import type { RunFailureCode, RunFailureReason } from './run-failures.ts';
import { formatMebibytes } from '../primitives/format-bytes.ts';
import { findLargerSize } from '../attempts/instance-sizes.ts';
import { getGraceSeconds } from '../jobs/job-definition.ts';
import { listenWithinSeconds } from '../apps/app.ts';
import { portOfApp } from '../apps/app-trigger.ts';
import { readRunFailureCode } from './run-failures.ts';

export type RunOutcome =
  | { status: 'completed' }
  | { status: 'failed'; failure: RunFailureReason }
  | {
      status: 'cancelled';
      /** Additional text for the log; absent if the log contains it already. */
      detail?: string;
    };

/** The settings of a run that its outcome depends on. */
export interface RunTerms {
  definition: JobDefinition;
  /** Null or 0 for no timeout. */
  timeoutSeconds: number | null;
  graceSeconds: number;
  instanceSizes: InstanceSizes;
}

/** How the process of an attempt ended. */
interface ProcessEnd {
  code: number | null;
  signal: string | null;
  outOfMemory: 'limit' | 'machine' | null;
  processLimitReached?: boolean;
  peakMemoryBytes: number | null;
  peakGroupMemoryBytes?: number | null;
  reason: { code: string; detail: string } | null;
}

/** Why a run was asked to end; null if it was not. */
type Intent = 'cancel' | 'timeout' | 'idle' | 'replaced' | 'silent' | 'room' | null;

export function readRunTerms(
  version: { definition: JobDefinition; maxRunTimeSeconds: number | null },
  instanceSizes: InstanceSizes,
): RunTerms {
  const { definition } = version;
  const graceSeconds = getGraceSeconds(definition);
  return { definition, timeoutSeconds: version.maxRunTimeSeconds, graceSeconds, instanceSizes };
}

/**
 * Derives the outcome of a run from the end of the attempt's process. The recorded intent distinguishes
 * cancel from timeout, because the exit code of a stopped Python process does not.
 */
export function outcomeOfExit(run: { endIntent: Intent }, exit: ProcessEnd, terms: RunTerms): RunOutcome {
  if (run.endIntent === 'cancel') return { status: 'cancelled', detail: describeGrace(exit, terms) };
  if (run.endIntent === 'timeout') {
    const timeout = terms.timeoutSeconds === null ? '' : ` of ${terms.timeoutSeconds} s`;
    const stop = describeGrace(exit, terms);
    return failed('timed_out', `The run took longer than its timeout${timeout} and was stopped. ${stop}`);
  }
  if (run.endIntent === 'idle' || run.endIntent === 'replaced' || run.endIntent === 'room')
    return { status: 'completed' };
  if (run.endIntent === 'silent') {
    const port = portOfApp(terms.definition);
    return failed('app_never_listened', `Nothing answered on port ${port} within ${listenWithinSeconds} s.`);
  }
  if (exit.reason) return failed(readRunFailureCode(exit.reason.code), exit.reason.detail);
  if (exit.code === 0) return { status: 'completed' };
  if (exit.outOfMemory === 'machine')
    return failed('machine_out_of_memory', 'The machine had no memory left, and its kernel killed the run.');
  if (exit.outOfMemory === 'limit') return failed('out_of_memory', describeMemory(exit, terms));
  if (exit.processLimitReached)
    return failed('process_limit', 'The run reached its limit of processes and threads, and failed.');
  if (exit.signal) return failed('killed', `The run was ended by ${exit.signal}.`);
  if (exit.code === null) return failed('exit_code', 'The run ended without an exit code.');
  return failed('exit_code', `The run ended with exit code ${describeExitCode(exit.code)}.`);
}

/** Describes how a run that was asked to end actually ended. */
function describeGrace({ signal, outOfMemory }: ProcessEnd, { graceSeconds }: RunTerms): string {
  return signal === 'SIGKILL' && outOfMemory === null
    ? `It did not end within its grace period of ${graceSeconds} s and was killed.`
    : `It ended within its grace period of ${graceSeconds} s.`;
}

function describeMemory(end: ProcessEnd, { definition, instanceSizes }: RunTerms): string {
  const { peakMemoryBytes } = end;
  // Samples miss the moment at which the limit was reached.
  const peakGroupMemoryBytes = end.peakGroupMemoryBytes ?? 0;
  const size = definition.require?.instance?.size ?? 'small';
  const limit = instanceSizes[size].memoryBytes;
  return [
    limit === null
      ? 'The run needed more memory than it may use and was killed.'
      : `The run was killed at ${formatMebibytes(Math.max(peakGroupMemoryBytes, limit))} of the ${formatMebibytes(limit)} of memory of its instance size ${size}.`,
    ...(peakMemoryBytes === null ? [] : [`One process had used ${formatMebibytes(peakMemoryBytes)}.`]),
    describeLarger(size, instanceSizes),
  ].join(' ');
}

/** Describes the next size with more memory, if one exists. */
function describeLarger(size: InstanceSize, sizes: InstanceSizes): string {
  const larger = findLargerSize(sizes, size);
  if (larger === null) return 'No instance size has more.';
  const memory = sizes[larger].memoryBytes;
  const amount = memory === null ? 'no limit' : formatMebibytes(memory);
  return `Try the next larger size: ${larger} with ${amount}.`;
}

/** Signals that end programs; a shell or a parent process reports them as 128 plus their number. */
const signalNames: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
};

function describeExitCode(code: number): string {
  const name = signalNames[code - 128];
  return name === undefined ? String(code) : `${code} (${name})`;
}

function failed(code: RunFailureCode, detail: string): RunOutcome {
  return { status: 'failed', failure: { code, detail } };
}
