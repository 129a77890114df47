import type { JobRecord } from '../../store/records.ts';
import type { ReadJobInputs } from './read-job-inputs.ts';
import type { FailedStart } from '../runs/start-refusals.ts';
import { findInputProblems } from '../../domain/inputs/job-inputs.ts';

/** Finds the starts that their input makes impossible, by the id of the job. */
export type CheckInputs = (
  jobs: readonly JobRecord[],
  input: string | null,
) => Promise<ReadonlyMap<string, FailedStart>>;

/** For programs that start no job for a member. */
export const checkNoInputs: CheckInputs = async () => new Map();

/**
 * Creates the check of a start by a member. Starts by the clock, by events and by webhooks are not checked: their
 * run fails with the reason, which alerts see.
 */
export function createCheckInputs(readJobInputs: ReadJobInputs): CheckInputs {
  return async (jobs, input) => {
    const [first] = jobs;
    if (!first) return new Map();
    const read = await readJobInputs(first.workspaceId, jobs);
    const value: unknown = input === null ? undefined : JSON.parse(input);
    return new Map(
      jobs.flatMap((job, index): [string, FailedStart][] => {
        const inputs = read[index];
        // An archived job does not start for another reason.
        const problems = inputs && !job.isArchived ? findInputProblems(inputs, value) : [];
        const [problem] = problems;
        if (!problem) return [];
        const { code, message: detail } = problem;
        return [[job.id, { ref: job.jobRef, code, detail, extra: { inputs: problems } }]];
      }),
    );
  };
}
