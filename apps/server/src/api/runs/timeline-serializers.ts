import type { TimelineResponse } from '@pumphouse/contract';
import type { Timeline } from '../../services/runs/read-timeline.ts';
import type { TimelineJob, TimelineRun } from '../../store/records.ts';
import { describeTrigger } from '../../domain/jobs/describe-trigger.ts';
import { listTags, readTriggerType } from '../../domain/jobs/trigger.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';
import { toTrigger } from '../scheduling/next-starts-serializers.ts';

/** Converts a timeline to columns, with jobs by index and times relative to its start. */
export function toTimeline(timeline: Timeline): TimelineResponse {
  const { start, end, now, jobs, counts, planned } = timeline;
  const indexes = new Map(jobs.map(({ id }, index) => [id, index]));
  const offsetOf = (at: Date) => at.getTime() - start.getTime();
  return {
    start: toInstant(start),
    end: toInstant(end),
    now: toInstant(now),
    jobs: jobs.map(toTimelineJob),
    has_more_jobs: timeline.hasMoreJobs,
    runs: toRunColumns(timeline, indexes, offsetOf),
    counts: counts && toCountColumns(counts, indexes),
    schedules: planned.flatMap(({ jobId, trigger, timeZone, ticks }) => {
      const job = indexes.get(jobId);
      if (job === undefined) return [];
      return [{ job, ...toTrigger(trigger), time_zone: timeZone, ticks_ms: ticks.map(offsetOf) }];
    }),
    ticks_until: toInstantOrNull(timeline.ticksUntil),
  };
}

/** Triggers by which a job is found; they start nothing by themselves. */
const namingTypes: ReadonlySet<string | null> = new Set(['tag', 'pipeline_name']);

function toTimelineJob(job: TimelineJob): TimelineResponse['jobs'][number] {
  const starting = job.triggers.find((trigger) => !namingTypes.has(readTriggerType(trigger)));
  return {
    id: job.id,
    ref: job.jobRef,
    name: job.displayName ?? job.jobRef,
    tags: listTags(job.triggers),
    is_starred: job.isStarred,
    is_paused: job.isPaused,
    is_archived: job.isArchived,
    schedule: starting === undefined ? null : describeTrigger(starting),
  };
}

/** Runs of jobs beyond the limit are left out. */
function toRunColumns(
  { runs: all, retries }: Pick<Timeline, 'runs' | 'retries'>,
  indexes: ReadonlyMap<string, number>,
  offsetOf: (at: Date) => number,
): TimelineResponse['runs'] {
  const runs = all.filter(({ jobId }) => indexes.has(jobId));
  const rows = new Map(runs.map(({ id }, row) => [id, row]));
  const offsetOrNull = (at: Date | null) => (at === null ? null : offsetOf(at));
  return {
    ids: runs.map(({ id }) => id),
    jobs: runs.map(({ jobId }) => indexes.get(jobId) ?? 0),
    numbers: runs.map(({ number }) => number),
    statuses: runs.map(({ status }) => status),
    created_ms: runs.map(({ createdAt }) => offsetOf(createdAt)),
    started_ms: runs.map(({ startedAt }) => offsetOrNull(startedAt)),
    finished_ms: runs.map(({ finishedAt }) => offsetOrNull(finishedAt)),
    tick_ms: runs.map(({ tickAt }) => offsetOrNull(tickAt)),
    waits: runs.flatMap((each, run) => {
      const reason = each.waitReason ?? each.waitedFor;
      return reason === null ? [] : [{ run, reason }];
    }),
    retries: retries.flatMap(({ jobRunId, at }) => {
      const run = rows.get(jobRunId);
      return run === undefined ? [] : [{ run, at_ms: offsetOf(at) }];
    }),
    skips: runs.flatMap(({ skip }, run) => toSkip(skip, run)),
  };
}

function toSkip(skip: TimelineRun['skip'], run: number): TimelineResponse['runs']['skips'] {
  if (!skip) return [];
  const isMissed = skip.status === 'skipped_missed';
  return [{ run, reason: skip.reasons.join('; '), count: skip.count, is_missed: isMissed }];
}

function toCountColumns(
  { bucketSeconds, cells: all }: NonNullable<Timeline['counts']>,
  indexes: ReadonlyMap<string, number>,
): NonNullable<TimelineResponse['counts']> {
  // Internal jobs are not listed.
  const cells = all.filter(({ jobId }) => indexes.has(jobId));
  return {
    bucket_ms: bucketSeconds * 1000,
    jobs: cells.map(({ jobId }) => indexes.get(jobId) ?? 0),
    buckets: cells.map(({ bucket }) => bucket),
    completed: cells.map(({ completed }) => completed),
    failed: cells.map(({ failed }) => failed),
    cancelled: cells.map(({ cancelled }) => cancelled),
    skipped: cells.map(({ skipped }) => skipped),
  };
}
