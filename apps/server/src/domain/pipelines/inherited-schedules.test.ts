import { expect, it } from 'vitest';
import { inheritSchedules, type UpstreamJob } from './inherited-schedules.ts';

const job = (jobRef: string, triggers: string[], changes: Partial<UpstreamJob> = {}): UpstreamJob => ({
  jobRef,
  triggers,
  timeZone: 'UTC',
  isPaused: false,
  isArchived: false,
  expectedEverySeconds: null,
  ...changes,
});
const after = (...refs: string[]) => refs.map((ref) => `job.success:${ref}`);
const refsOf = (one: UpstreamJob, others: UpstreamJob[]) =>
  inheritSchedules(one, new Map(others.map((each) => [each.jobRef, each]))).map((each) =>
    'jobRef' in each ? each.jobRef : '',
  );
const clock = job('clock', ['schedule:0 6 * * *']);

it('a job with a clock has its own schedule, also if others start it', () => {
  expect(refsOf(job('a', ['every:3600', ...after('clock')]), [clock])).toEqual(['a']);
});

it('a job without a clock has the schedules of the jobs that start it, through others too', () => {
  const middle = job('middle', after('clock'));
  const other = job('other', ['every:60']);
  expect(refsOf(job('a', after('middle')), [clock, middle])).toEqual(['clock']);
  expect(refsOf(job('a', after('middle', 'other')), [clock, middle, other])).toEqual(['other', 'clock']);
});

it('paused jobs are still started by events, and a paused clock is inherited as paused', () => {
  const paused = job('clock', ['schedule:0 6 * * *'], { isPaused: true });
  expect(
    refsOf(job('a', after('middle')), [clock, job('middle', after('clock'), { isPaused: true })]),
  ).toEqual(['clock']);
  const [inherited] = inheritSchedules(job('a', after('clock')), new Map([['clock', paused]]));
  expect(inherited?.isPaused).toBe(true);
});

it('archived and missing jobs start nothing, and a circle ends', () => {
  const archived = job('clock', ['schedule:0 6 * * *'], { isArchived: true });
  expect(refsOf(job('a', after('clock', 'gone')), [archived])).toEqual(['a']);
  const circle = [job('a', after('b')), job('b', after('a'))];
  expect(refsOf(job('a', after('b')), circle)).toEqual(['a']);
});

it('a failure does not start a job that loads the data', () => {
  expect(refsOf(job('a', ['job.fail:clock']), [clock])).toEqual(['a']);
});
