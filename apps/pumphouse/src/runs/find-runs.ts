import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { findRun, type Run } from './find-run.ts';

/** A run as it is named on the command line. */
export interface RunName {
  name: string;
  number?: string;
}

const numberOnly = /^#?\d+$/;

/**
 * Groups the arguments of a command about several runs: a number belongs to the job before it, so that
 * `load 12 13` names two runs.
 */
export function groupRunNames(args: readonly string[]): RunName[] {
  const names: RunName[] = [];
  let job: string | undefined;
  for (const arg of args) {
    if (!numberOnly.test(arg)) {
      names.push({ name: arg });
      job = arg;
      continue;
    }
    if (job === undefined) throw numberWithoutJob(arg);
    // The first number completes the name before it.
    if (names.at(-1)?.name === job && names.at(-1)?.number === undefined) names.pop();
    names.push({ name: job, number: arg });
  }
  return names;
}

/** Finds the runs that arguments such as `load 12 13 report#4` name. */
export async function findRuns(session: Session, args: readonly string[]): Promise<Run[]> {
  return Promise.all(groupRunNames(args).map(({ name, number }) => findRun(session, name, number)));
}

function numberWithoutJob(number: string): CommandError {
  return new CommandError(`${number} is the number of a run, but its job is missing.`, {
    code: 'invalid_run_number',
    exitCode: exitCodes.usage,
    nextStep: `Give the job first, such as load ${number}, or the id of the run.`,
  });
}
