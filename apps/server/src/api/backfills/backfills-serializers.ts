import type { BackfillOverview, WaitingWindow } from '../../services/backfills/read-backfills.ts';
import type { BackfillPreview } from '../../services/backfills/create-backfills.ts';
import type { BackfillRecord } from '../../store/records.ts';
import type {
  BackfillPreviewResponse,
  BackfillResponse,
  BackfillWindowResponse,
  JobCalendarResponse,
} from '@pumphouse/contract';
import type { JobCalendar } from '../../services/backfills/job-windows.ts';
import type { PauseReason } from '../../domain/backfills/backfill-state.ts';
import { describeClockKey } from '../../domain/backfills/plan-windows.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

export function toBackfill({ backfill, jobRef, counts, secondsLeft }: BackfillOverview): BackfillResponse {
  return {
    id: backfill.id,
    workspace_id: backfill.workspaceId,
    job_id: backfill.jobId,
    job_ref: jobRef,
    status: backfill.status,
    pause_reason: backfill.pauseReason,
    pause_detail: describePause(backfill),
    wait_reason: backfill.waitReason,
    start: toInstant(backfill.startsAt),
    end: toInstant(backfill.endsAt),
    mode: backfill.mode,
    chunk_ticks: backfill.chunkTicks,
    order: backfill.newestFirst ? 'newest_first' : 'oldest_first',
    parallel: backfill.parallel,
    profile: backfill.profile,
    priority: backfill.priority,
    max_failures: backfill.maxFailures,
    window_count: backfill.windowCount,
    counts,
    turns_on: backfill.turnsOn,
    seconds_left: secondsLeft,
    created_by: backfill.createdBy,
    created_at: toInstant(backfill.createdAt),
    ended_at: toInstantOrNull(backfill.endedAt),
  };
}

function describePause({ pauseReason, maxFailures, clock }: BackfillRecord): string | null {
  if (pauseReason === null) return null;
  const details: Record<PauseReason, string> = {
    user: 'A user paused it.',
    failures: `${maxFailures ?? 'Too many'} ${maxFailures === 1 ? 'window' : 'windows'} failed. Find the reason, then retry the failed windows or resume without them.`,
    job_archived: 'The job was archived. Restore the job, then resume.',
    schedule_changed: `The schedule of the job changed; the windows are those of ${describeClockKey(clock)}. Resume to load them, or cancel and create another backfill.`,
    job_refreshes: 'The job refreshes with each run now, so each window would drop what the others loaded.',
  };
  return details[pauseReason];
}

export function toBackfillWindow(window: WaitingWindow): BackfillWindowResponse {
  return {
    number: window.number,
    start: toInstant(window.startsAt),
    end: toInstant(window.endsAt),
    status: window.status,
    retry_count: window.round,
    job_run_id: window.jobRunId,
    job_run_number: window.jobRunNumber,
    started_at: toInstantOrNull(window.startedAt),
    finished_at: toInstantOrNull(window.finishedAt),
    wait_reason: window.waitReason,
  };
}

export function toBackfillPreview(
  { range, counts, selected, turnsOn }: BackfillPreview,
  page: { limit: number; offset: number },
): BackfillPreviewResponse {
  return {
    range: range && { start: toInstant(range.start), end: toInstant(range.end) },
    counts,
    window_count: selected.length,
    turns_on: turnsOn,
    windows: selected
      .slice(page.offset, page.offset + page.limit)
      .map(({ start, end }) => ({ start: toInstant(start), end: toInstant(end) })),
  };
}

export function toCalendar(calendar: JobCalendar): JobCalendarResponse {
  return {
    timezone: calendar.zone,
    declared_start: toInstantOrNull(calendar.declaredStart),
    declared_end: toInstantOrNull(calendar.declaredEnd),
    days: calendar.days.map(({ date, counts, start, end }) => ({
      date,
      counts,
      start: toInstant(start),
      end: toInstant(end),
    })),
  };
}
