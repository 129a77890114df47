import type { ChangeBackfills } from '../../services/backfills/change-backfills.ts';
import type { CreateBackfills } from '../../services/backfills/create-backfills.ts';
import type { Handlers } from '../handler.ts';
import type { JobWindows } from '../../services/backfills/job-windows.ts';
import type { ReadBackfills } from '../../services/backfills/read-backfills.ts';
import { maxCalendarDays } from '@pumphouse/contract';
import { workspaceOf } from '../handler.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import { readWindow } from '../../services/paging/read-page.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { toBackfill, toBackfillPreview, toBackfillWindow, toCalendar } from './backfills-serializers.ts';
import { toInstant } from '../serializers/instants.ts';

type Operations =
  | 'preview_backfill'
  | 'create_backfill'
  | 'get_job_calendar'
  | 'invalidate_job_windows'
  | 'list_backfills'
  | 'get_backfill'
  | 'list_backfill_windows'
  | 'change_backfill'
  | 'pause_backfill'
  | 'resume_backfill'
  | 'cancel_backfill'
  | 'retry_backfill'
  | 'skip_backfill_windows';

const defaultCalendarDays = 31;

export function createBackfillHandlers(services: {
  createBackfills: CreateBackfills;
  changeBackfills: ChangeBackfills;
  readBackfills: ReadBackfills;
  jobWindows: JobWindows;
}): Pick<Handlers, Operations> {
  const { createBackfills, changeBackfills, readBackfills, jobWindows } = services;

  async function readBack(workspaceId: string, backfillId: string) {
    return toBackfill(await readBackfills.get(workspaceId, backfillId));
  }

  return {
    async preview_backfill({ params, body }) {
      const range = { ...toRange(body), profile: body.profile };
      const preview = await createBackfills.preview(params.workspace_id, params.job_id, range);
      return toBackfillPreview(preview, body);
    },

    async create_backfill(call) {
      const { params, body } = call;
      const { id } = await createBackfills.create({
        ...toRange(body),
        ...workspaceOf(call),
        jobId: params.job_id,
        parallel: body.parallel,
        profile: body.profile,
        priority: body.priority,
        maxFailures: body.max_failures,
      });
      return readBack(params.workspace_id, id);
    },

    async get_job_calendar({ params, query }) {
      const asked = readWindow(query);
      const end = asked.end ?? new Date();
      const start = asked.start ?? new Date(end.getTime() - defaultCalendarDays * 86_400_000);
      if (end <= start || end.getTime() - start.getTime() > maxCalendarDays * 86_400_000)
        throw new ServiceError(
          'invalid_request',
          `The end of a calendar must be after its start, by ${maxCalendarDays} days at most.`,
        );
      return toCalendar(await jobWindows.calendar(params.workspace_id, params.job_id, { start, end }));
    },

    async invalidate_job_windows({ params, body }) {
      const range = { start: new Date(body.start), end: new Date(body.end), reason: body.reason };
      const done = await jobWindows.invalidate(params.workspace_id, params.job_id, range);
      return { start: toInstant(done.start), end: toInstant(done.end), window_count: done.windowCount };
    },

    async list_backfills({ params, query }) {
      const paging = readPaging(query, `list_backfills ${params.workspace_id}`);
      const filter = { jobId: query.job_id ?? null, isLive: query.is_open ?? null };
      const page = await readBackfills.list(params.workspace_id, filter, { ...paging, sorting: null });
      return toPage(page, query, toBackfill);
    },

    get_backfill: ({ params }) => readBack(params.workspace_id, params.backfill_id),

    async list_backfill_windows({ params, query }) {
      const { windows, nextAfter } = await readBackfills.listWindows(
        params.workspace_id,
        params.backfill_id,
        { after: query.after, limit: query.limit, statuses: query.status ?? null },
      );
      return { items: windows.map(toBackfillWindow), next_after: nextAfter };
    },

    async change_backfill({ params, body }) {
      const { id } = await changeBackfills.change(toScope(params), {
        ...(body.parallel !== undefined && { parallel: body.parallel }),
        ...(body.priority !== undefined && { priority: body.priority }),
        ...(body.max_failures !== undefined && { maxFailures: body.max_failures }),
      });
      return readBack(params.workspace_id, id);
    },

    async pause_backfill({ params }) {
      const { id } = await changeBackfills.pause(toScope(params));
      return readBack(params.workspace_id, id);
    },

    async resume_backfill({ params }) {
      const { id } = await changeBackfills.resume(toScope(params));
      return readBack(params.workspace_id, id);
    },

    async cancel_backfill({ params, body }) {
      const { id } = await changeBackfills.cancel(toScope(params), body.cancel_running);
      return readBack(params.workspace_id, id);
    },

    async retry_backfill({ params, body }) {
      const { id } = await changeBackfills.retry(toScope(params), body.windows ?? null);
      return readBack(params.workspace_id, id);
    },

    async skip_backfill_windows({ params, body }) {
      const { id } = await changeBackfills.skip(toScope(params), body.windows);
      return readBack(params.workspace_id, id);
    },
  };
}

function toScope(params: { workspace_id: string; backfill_id: string }) {
  return { workspaceId: params.workspace_id, backfillId: params.backfill_id };
}

function toRange(body: {
  start: string;
  end: string;
  mode: 'missing' | 'failed' | 'all';
  chunk_ticks: number;
  order: 'oldest_first' | 'newest_first';
}) {
  return {
    start: new Date(body.start),
    end: new Date(body.end),
    mode: body.mode,
    chunkTicks: body.chunk_ticks,
    newestFirst: body.order === 'newest_first',
  };
}
