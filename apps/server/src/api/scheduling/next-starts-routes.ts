import type { Handlers } from '../handler.ts';
import type { ReadNextStarts } from '../../services/scheduling/read-next-starts.ts';
import type { ReadNextTicks } from '../../services/scheduling/read-next-ticks.ts';
import { toJobNextTicks, toNextStart } from './next-starts-serializers.ts';

export function createNextStartHandlers(services: {
  readNextStarts: ReadNextStarts;
  readNextTicks: ReadNextTicks;
}): Pick<Handlers, 'list_next_starts' | 'list_job_next_ticks'> {
  return {
    async list_next_starts({ params, query }) {
      const { items, isTruncated } = await services.readNextStarts(params.workspace_id, query.limit);
      return { items: items.map(toNextStart), is_truncated: isTruncated };
    },
    list_job_next_ticks: async ({ params, query }) =>
      toJobNextTicks(await services.readNextTicks(params.workspace_id, params.job_id, query.limit)),
  };
}
