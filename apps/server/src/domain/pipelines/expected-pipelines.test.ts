import { describe, expect, it } from 'vitest';
import { decideExpected } from './expected-pipelines.ts';

const nobody = { isOwn: false, isOfOther: false };
const job = { runsPipelines: true, doOthersRunPipelines: true, isAnotherUntried: false };

describe('a pipeline that a run did not report', () => {
  it.each([
    [
      'is required of the job that runs it',
      { ...nobody, isOwn: true },
      { ...job, isAnotherUntried: true },
      'required',
    ],
    [
      'is not required of the job that ran it before another one',
      { ...nobody, isOwn: true, isOfOther: true },
      job,
      'elsewhere',
    ],
    ['is not required of other jobs', { ...nobody, isOfOther: true }, job, 'elsewhere'],
    ['is required of all jobs with pipelines if none of the workspace runs it', nobody, job, 'required'],
    [
      'is not required of a job without pipelines beside others',
      nobody,
      { ...job, runsPipelines: false },
      'elsewhere',
    ],
    [
      'is required if no job reports pipelines',
      nobody,
      { ...job, runsPipelines: false, doOthersRunPipelines: false },
      'required',
    ],
    ['may belong to a job that has not run yet', nobody, { ...job, isAnotherUntried: true }, 'possible'],
  ] as const)('%s', (_, use, jobs, expected) => {
    expect(decideExpected(use, jobs)).toBe(expected);
  });
});
