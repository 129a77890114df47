import type { Handlers } from '../handler.ts';
import type { ReadTimeline } from '../../services/runs/read-timeline.ts';
import { toTimeline } from './timeline-serializers.ts';

/** Handler for the runs and planned ticks of a workspace on a time axis. */
export function createTimelineHandlers(services: {
  readTimeline: ReadTimeline;
}): Pick<Handlers, 'get_timeline'> {
  return {
    get_timeline: async ({ params, query }) =>
      toTimeline(await services.readTimeline(params.workspace_id, { window: query, limit: query.limit })),
  };
}
