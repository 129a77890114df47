import type { JobRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { ReadJobInputs } from './read-job-inputs.ts';
import { chooseJobSettings } from '../../domain/jobs/job-settings.ts';
import { findInputProblems } from '../../domain/inputs/job-inputs.ts';
import { findScriptInputProblem } from '../../domain/runs/run-input.ts';
import { findTimedTrigger } from '../../domain/jobs/job-definition.ts';

export type WarnOfScheduleInputs = ReturnType<typeof createWarnOfScheduleInputs>;

/** Creates the warnings of a deploy about jobs whose starts by the clock would fail because of their inputs. */
export function createWarnOfScheduleInputs(
  { store }: Persistence<'configurations'>,
  readJobInputs: ReadJobInputs,
) {
  return async function warnOfScheduleInputs(
    workspaceId: string,
    jobs: readonly JobRecord[],
  ): Promise<string[]> {
    const scheduled = jobs.filter((job) => !job.isArchived && findTimedTrigger(job.definition) !== null);
    if (scheduled.length === 0) return [];
    const configuration = await store.configurations.latest(workspaceId);
    const read = await readJobInputs(workspaceId, scheduled);
    return scheduled.flatMap((job, index) => {
      const inputs = read[index];
      const settings = chooseJobSettings(configuration?.runSettings ?? null, job.profile, job.jobRef);
      const given = settings.scheduleInputs ?? undefined;
      const problems = inputs ? findInputProblems(inputs, given).map(({ message }) => message) : [];
      const ofScript = given && inputs?.usedAs === 'options' ? findScriptInputProblem(given) : null;
      const table = `[pumphouse.${job.jobRef}] of config.toml`;
      return [...problems, ...(ofScript === null ? [] : [ofScript])].map(
        (problem) => `Scheduled runs of ${job.jobRef} will fail: ${problem} Set schedule_inputs in ${table}.`,
      );
    });
  };
}
