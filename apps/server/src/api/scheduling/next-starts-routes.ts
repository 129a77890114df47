import type { Handlers } from '../handler.ts';
import type { ReadNextStarts } from '../../services/scheduling/read-next-starts.ts';
import type { ReadNextTicks } from '../../services/scheduling/read-next-ticks.ts';
import type { ReadScheduleDays } from '../../services/scheduling/read-schedule-days.ts';
import { toJobNextTicks, toNextStart, toScheduleDays } from './next-starts-serializers.ts';

export function createNextStartHandlers(services: {
  readNextStarts: ReadNextStarts;
  readNextTicks: ReadNextTicks;
  readScheduleDays: ReadScheduleDays;
}): Pick<Handlers, 'list_next_starts' | 'list_job_next_ticks' | 'list_job_schedule_days'> {
  return {
    async list_next_starts({ params, query }) {
      const { items, isTruncated } = await services.readNextStarts(params.workspace_id, query.limit);
      return { items: items.map(toNextStart), is_truncated: isTruncated };
    },
    list_job_next_ticks: async ({ params, query }) =>
      toJobNextTicks(await services.readNextTicks(params.workspace_id, params.job_id, query.limit)),
    list_job_schedule_days: async ({ params, query }) =>
      toScheduleDays(
        await services.readScheduleDays(params.workspace_id, params.job_id, query),
        query.timezone,
      ),
  };
}
