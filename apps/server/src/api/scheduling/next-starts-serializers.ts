import type { JobNextTicksResponse, NextStartResponse, ScheduleDaysResponse } from '@pumphouse/contract';
import type { JobTicks } from '../../services/scheduling/read-next-ticks.ts';
import type { NextStart } from '../../services/scheduling/read-next-starts.ts';
import type { ScheduleDays } from '../../services/scheduling/read-schedule-days.ts';
import { describeTrigger } from '../../domain/jobs/describe-trigger.ts';
import { getTimeZone } from '../../domain/jobs/job-definition.ts';
import { listClockTriggers } from '../../domain/scheduling/next-run.ts';
import { readTriggerType } from '../../domain/jobs/trigger.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

export function toNextStart({
  at,
  source,
  job,
  trigger,
  run,
  blocked,
  lastFailed,
}: NextStart): NextStartResponse {
  const { definition } = job;
  return {
    at: toInstantOrNull(at),
    source,
    job: { id: job.id, ref: job.jobRef, name: definition.expose?.display_name ?? job.jobRef },
    ...toTrigger(trigger),
    time_zone: listClockTriggers(definition).includes(trigger) ? getTimeZone(definition) : null,
    job_run_id: run?.id ?? null,
    job_run_number: run?.number ?? null,
    blocked: blocked && {
      code: blocked.code,
      detail: blocked.detail,
      may_pass: blocked.mayPass,
      by: blocked.by && { job_id: blocked.by.jobId, ref: blocked.by.ref },
    },
    last_failed: lastFailed,
  };
}

export function toJobNextTicks({ job, triggers }: JobTicks): JobNextTicksResponse {
  return {
    job_id: job.id,
    is_paused: job.isPaused,
    is_archived: job.isArchived,
    triggers: triggers.map(({ trigger, timeZone, ticks }) => ({
      ...toTrigger(trigger),
      time_zone: timeZone,
      ticks: ticks.map(toInstant),
    })),
  };
}

export function toScheduleDays(calendar: ScheduleDays, timezone: string): ScheduleDaysResponse {
  const { job, now, days, plannedUntil } = calendar;
  return {
    job_id: job.id,
    timezone,
    now: toInstant(now),
    is_paused: job.isPaused,
    is_archived: job.isArchived,
    days: days.map(({ date, startMs, endMs, counts, plannedCount }) => ({
      date,
      start: toInstant(new Date(startMs)),
      end: toInstant(new Date(endMs)),
      completed: counts.completed,
      failed: counts.failed,
      cancelled: counts.cancelled,
      active: counts.active,
      skipped: counts.skipped,
      missed: counts.missed,
      planned: plannedCount,
    })),
    planned_until: toInstantOrNull(plannedUntil),
  };
}

/** A trigger as declared, with its kind and an English description. */
export function toTrigger(trigger: string) {
  return {
    trigger,
    trigger_kind: readTriggerType(trigger) ?? 'manual',
    trigger_text: describeTrigger(trigger),
  };
}
