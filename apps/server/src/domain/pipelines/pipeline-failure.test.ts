import { expect, it } from 'vitest';
import { isFailingPipeline, type PipelineRuns } from './pipeline-failure.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 10, 2, hour));
const succeeded = { status: 'succeeded', isOfBackfill: false } as const;
const failed = { status: 'failed', isOfBackfill: false } as const;
const success = { createdAt: at(10), isOfBackfill: false };
const job = (failedAt: Date | null, isArchived = false) => ({ failedAt, isArchived });

it.each([
  ['nothing has run', { lastRun: null, lastSuccess: null, jobs: [] }, false],
  ['it succeeded', { lastRun: succeeded, lastSuccess: success, jobs: [job(null)] }, false],
  ['it failed', { lastRun: failed, lastSuccess: success, jobs: [job(null)] }, true],
  [
    'its job failed later, without it',
    { lastRun: succeeded, lastSuccess: success, jobs: [job(at(11))] },
    true,
  ],
  ['its job failed before it ever ran', { lastRun: null, lastSuccess: null, jobs: [job(at(11))] }, true],
  ['its job failed after it loaded', { lastRun: succeeded, lastSuccess: success, jobs: [job(at(9))] }, false],
  [
    'its failing job is archived',
    { lastRun: succeeded, lastSuccess: success, jobs: [job(at(11), true)] },
    false,
  ],
  [
    'a window of a backfill failed',
    { lastRun: { ...failed, isOfBackfill: true }, lastSuccess: success, jobs: [job(null)] },
    false,
  ],
  [
    'only a window of a backfill loaded since its job failed',
    { lastRun: succeeded, lastSuccess: { ...success, isOfBackfill: true }, jobs: [job(at(9))] },
    true,
  ],
] satisfies [string, PipelineRuns, boolean][])('if %s, that it fails is %s', (_name, runs, isFailing) => {
  expect(isFailingPipeline(runs)).toBe(isFailing);
});
