import type { Handlers } from '../handler.ts';
import type { NameSlots } from '../../services/runs/name-slots.ts';
import type { ReadRunLife } from '../../services/runs/read-run-life.ts';
import { readerOf } from '../handler.ts';
import { toRunLife } from './run-lives-wire.ts';

export function createRunLifeHandlers(services: {
  readRunLife: ReadRunLife;
  nameSlots: NameSlots;
}): Pick<Handlers, 'get_job_run_life'> {
  return {
    async get_job_run_life({ params, authorization }) {
      const life = await services.readRunLife(params.workspace_id, params.job_run_id);
      return toRunLife({ ...life, run: await services.nameSlots(life.run, readerOf(authorization)) });
    },
  };
}
