import type { Handlers } from '../handler.ts';
import type { ReadRunLife } from '../../services/read-run-life.ts';
import { toRunLife } from '../wire/run-lives.ts';

export function createRunLifeHandlers(services: {
  readRunLife: ReadRunLife;
}): Pick<Handlers, 'get_job_run_life'> {
  return {
    get_job_run_life: async ({ params }) =>
      toRunLife(await services.readRunLife(params.workspace_id, params.job_run_id)),
  };
}
