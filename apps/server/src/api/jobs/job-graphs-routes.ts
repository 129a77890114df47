import type { Handlers } from '../handler.ts';
import type { ReadJobGraph } from '../../services/jobs/read-job-graph.ts';
import { toJobGraph } from './job-graphs-serializers.ts';

export function createJobGraphHandlers(services: {
  readJobGraph: ReadJobGraph;
}): Pick<Handlers, 'get_job_graph'> {
  return {
    get_job_graph: async ({ params, query }) =>
      toJobGraph(await services.readJobGraph(params.workspace_id, query.job_id ?? null)),
  };
}
