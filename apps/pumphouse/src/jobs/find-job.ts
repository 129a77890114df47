import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';
import { findSimilar } from '../terminal/find-similar.ts';
import { isId } from '../http/is-id.ts';

type Item<Id extends JsonOperationId> = RouteResponse<Id> extends { items: (infer One)[] } ? One : never;

/** A job as the API lists it. */
export type Job = Item<'list_jobs'>;

/** Reads the jobs of the workspace, by their references. */
export async function listJobs(session: Session, { withArchived = false } = {}): Promise<Job[]> {
  const workspace_id = await session.workspaceId();
  const jobs = await readAll((page) =>
    session.client.call('list_jobs', {
      params: { workspace_id },
      query: { ...page, ...(withArchived ? {} : { is_archived: false }) },
    }),
  );
  return jobs.toSorted((left, right) => left.job_ref.localeCompare(right.job_ref));
}

/**
 * Finds a job by its reference (`jobs.shop.load`), a part of it (`shop.load`, `load`), the name of its script
 * (`load.py`), or its id.
 * @throws CommandError job_not_found, job_name_ambiguous
 */
export async function findJob(session: Session, name: string): Promise<Job> {
  if (isId(name)) {
    const params = { workspace_id: await session.workspaceId(), job_id: name };
    return session.client.call('get_job', { params });
  }
  return chooseJob(await listJobs(session, { withArchived: true }), name);
}

/** The pure part of `findJob`. Jobs that are not archived are preferred. */
export function chooseJob<Candidate extends Pick<Job, 'job_ref' | 'is_archived'>>(
  jobs: readonly Candidate[],
  name: string,
): Candidate {
  const wanted = toReferenceEnd(name);
  const exact = jobs.find(({ job_ref }) => job_ref === wanted || job_ref === `jobs.${wanted}`);
  if (exact) return exact;
  const matching = jobs.filter(({ job_ref }) => job_ref.endsWith(`.${wanted}`));
  const active = matching.filter(({ is_archived }) => !is_archived);
  const found = active.length > 0 ? active : matching;
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) throw ambiguous(name, found);
  throw jobNotFound(name, jobs);
}

/** `etl/load.py` and `load.py` name the job of a script: `jobs.load`. */
function toReferenceEnd(name: string): string {
  if (!name.endsWith('.py')) return name;
  return name.slice(0, -'.py'.length).split('/').at(-1) ?? name;
}

function ambiguous(name: string, found: readonly { job_ref: string }[]): CommandError {
  return new CommandError(`Several jobs are called ${name}.`, {
    code: 'job_name_ambiguous',
    exitCode: exitCodes.usage,
    nextStep: 'Use the whole reference.',
    lines: found.map(({ job_ref }) => job_ref),
  });
}

function jobNotFound(name: string, jobs: readonly Pick<Job, 'job_ref' | 'is_archived'>[]): CommandError {
  const refs = jobs.filter(({ is_archived }) => !is_archived).map(({ job_ref }) => job_ref);
  const similar = findSimilar(
    name,
    refs.flatMap((ref) => [ref, ref.split('.').at(-1) ?? ref]),
  );
  return new CommandError(`There is no job called ${name} in this workspace.`, {
    code: 'job_not_found',
    exitCode: exitCodes.notFound,
    nextStep:
      similar === undefined
        ? 'pumphouse job list shows the jobs; pumphouse deploy creates those of your workspace folder.'
        : `Did you mean ${similar}?`,
  });
}
