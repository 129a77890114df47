import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/** What the user can do about a skipped start. */
const nextSteps: Readonly<Record<string, string>> = {
  skipped_concurrency_limit: 'Wait for the active run, or cancel it: pumphouse run cancel --job JOB.',
  skipped_org_concurrency_limit: 'Wait until a run of the organization ends, or raise its limit.',
  skipped_minutes_limit: 'Raise the limit of minutes: pumphouse org limits.',
  skipped_fresh: 'Start the upstream job first.',
  skipped_upstream_pending: 'It starts when its upstream completes.',
  skipped_workspace_archived: 'Restore the workspace: pumphouse workspace unarchive.',
};

/** Explains why the server started no run. */
export function explainSkip(jobRef: string, status: string, reasons: readonly string[]): CommandError {
  const nextStep = nextSteps[status];
  return new CommandError(`${jobRef} was not started: ${describe(status)}.`, {
    code: status,
    exitCode: exitCodes.refused,
    lines: reasons,
    ...(nextStep !== undefined && { nextStep }),
  });
}

function describe(status: string): string {
  return status.replace(/^skipped_/, '').replaceAll('_', ' ');
}
