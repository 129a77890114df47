import type { Handlers } from '../handler.ts';
import type { NameSlots } from '../../services/runs/name-slots.ts';
import type { ReadRunTimeline } from '../../services/runs/read-run-timeline.ts';
import { readerOf } from '../handler.ts';
import { toRunTimeline } from './run-timelines-serializers.ts';

export function createRunTimelineHandlers(services: {
  readRunTimeline: ReadRunTimeline;
  nameSlots: NameSlots;
}): Pick<Handlers, 'get_job_run_life'> {
  return {
    async get_job_run_life({ params, authorization }) {
      const timeline = await services.readRunTimeline(params.workspace_id, params.job_run_id);
      return toRunTimeline({
        ...timeline,
        run: await services.nameSlots(timeline.run, readerOf(authorization)),
      });
    },
  };
}
