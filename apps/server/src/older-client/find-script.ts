import type { OlderRequest } from './route.ts';
import type { Job } from './script-serializers.ts';
import { isUuid } from '../domain/primitives/uuid.ts';
import { ServiceError } from '../platform/service-error.ts';
import { refOfName } from './script-names.ts';
import { workspaceOf } from './route.ts';

/** Finds a job by id, by job ref, by the name given to it or by its file. Archived jobs are found too. */
export async function findScript(request: OlderRequest, named: string): Promise<Job> {
  const found = await searchScript(request, named);
  if (!found) throw new ServiceError('not_found', `There is no job ${named}.`);
  return found;
}

/** As `findScript`; undefined if there is none. */
export async function searchScript(request: OlderRequest, named: string): Promise<Job | undefined> {
  const { call } = request;
  const params = workspaceOf(request);
  if (isUuid(named)) return call('get_job', { params: { ...params, job_id: named }, query: {} });
  for (const ref of new Set([named, refOfName(named)])) {
    const { items } = await call('list_jobs', { params, query: { ref, limit: 1 } });
    if (items[0]) return items[0];
  }
  return undefined;
}
