import type { Persistence } from '../../store/store.ts';
import type { StartedJob, StartRuns } from './start-runs.ts';
import { findScriptInputProblem, maxInputBytes, readRunInput } from '../../domain/runs/run-input.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { declined } from './start-refusals.ts';

/** A start of one job by a caller. */
export interface StartJobRequest {
  workspaceId: string;
  membershipId: string;
  jobId: string;
  /** Any JSON value; undefined for none. */
  input: unknown;
  profile: string | null;
  refresh: boolean;
  skipFreshness?: boolean;
  isByViewer: boolean;
}

export type StartJob = ReturnType<typeof createStartJob>;

/** Creates the use case that starts one job, with an input for its function. */
export function createStartJob({ store }: Persistence<'jobs'>, startRuns: StartRuns) {
  /**
   * @returns the start; a skipped one has reasons and no run
   * @throws ServiceError not_found, invalid_request, input_too_large, and the reasons why a job cannot start
   */
  return async ({ jobId, input, ...request }: StartJobRequest): Promise<StartedJob> => {
    const job = await store.jobs.get(request.workspaceId, jobId);
    if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
    const text = input === undefined ? null : writeInput(input);
    if (text !== null && job.definition.entry_point.function === null) refuseScriptInput(input);
    const result = await startRuns.trigger({
      ...request,
      jobIds: [jobId],
      selectors: [],
      dryRun: false,
      input: text,
    });
    const [started] = [...result.succeeded, ...result.skipped];
    if (!started) throw declined(result);
    return started;
  };
}

function refuseScriptInput(input: unknown): void {
  const problem = findScriptInputProblem(input);
  if (problem !== null) throw new ServiceError('invalid_request', problem);
}

function writeInput(input: unknown): string | null {
  const body = Buffer.from(JSON.stringify(input));
  if (body.length > maxInputBytes) {
    throw new ServiceError(
      'input_too_large',
      `The input has ${body.length} bytes; at most ${maxInputBytes} are allowed.`,
    );
  }
  const reading = readRunInput(body);
  if (!reading.ok) throw new ServiceError('invalid_request', reading.problem);
  return reading.input;
}
