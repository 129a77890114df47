import { findJob, listJobs, type Job } from '../jobs/find-job.ts';
import { readJobInputs } from '../jobs/job-inputs.ts';
import { findRun } from '../runs/find-run.ts';
import { shortenJobRef } from '../runs/job-name.ts';
import { toOneLine } from '../terminal/plain-text.ts';
import { listOrganizations } from '../organizations/find-organization.ts';
import { listServers } from '../servers/server-list.ts';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { readVersions } from '../versions/find-version.ts';
import { listOwnWorkspaces } from '../workspaces/own-workspaces.ts';
import type { Candidate, NameKind, Position } from './find-candidates.ts';

const maxRuns = 20;

type Reader = (session: Session, position: Pick<Position, 'given' | 'path'>) => Promise<Candidate[]>;

/** Reads the names of each kind. */
export const nameReaders: Readonly<Record<NameKind, Reader>> = {
  input: async (session, { given }) => {
    const job = await findJob(session, given[0] ?? '');
    return (await readJobInputs(session, job.id)).inputs
      .filter(({ source }) => source !== 'secret')
      .map(({ name, description, annotation }) => describe(`${name}=`, description ?? annotation ?? ''));
  },
  job: async (session) => nameJobs(await listJobs(session)),
  number: async (session, { given }) => {
    const { job, number } = await findRun(session, given[0] ?? '');
    const count = Math.min(number, maxRuns);
    return Array.from({ length: count }, (_, index) =>
      describe(String(number - index), `a run of ${job.job_ref}`),
    );
  },
  organization: async (session) =>
    (await listOrganizations(session)).map(({ name, description }) => describe(name, description ?? '')),
  pipeline: async (session) => {
    const params = { workspace_id: await session.workspaceId() };
    const { items } = await session.client.call('list_pipeline_freshness', { params });
    return items.map(({ pipeline_name }) => describe(pipeline_name, 'pipeline'));
  },
  run: async (session) => {
    const params = { workspace_id: await session.workspaceId() };
    const { items } = await session.client.call('list_run_overviews', { params, query: { limit: maxRuns } });
    return items.map(({ job_ref, number, status, created_at }) =>
      describe(`${shortenJobRef(job_ref)}#${number}`, `${status}, ${formatRelative(created_at)}`),
    );
  },
  server: async ({ terminal }) =>
    (await listServers(terminal.env)).map(({ name, url }) => describe(name, url)),
  version: async (session, { path }) => {
    const kind = path.startsWith('configuration') ? 'configuration' : 'deployment';
    const versions = await readVersions(session, kind, { limit: maxRuns });
    return [
      describe('latest', ''),
      ...versions.map(({ version, created_at }) => describe(String(version), formatRelative(created_at))),
    ];
  },
  workspace: async ({ client }) =>
    (await listOwnWorkspaces(client)).map(({ name, organizationName }) => describe(name, organizationName)),
};

/** Jobs by the shortest name that only one of them has. */
export function nameJobs(jobs: readonly Pick<Job, 'job_ref' | 'description'>[]): Candidate[] {
  const lastParts = jobs.map(({ job_ref }) => job_ref.split('.').at(-1));
  return jobs.map(({ job_ref, description }, index) => {
    const last = lastParts[index] ?? job_ref;
    const isUnique = lastParts.filter((part) => part === last).length === 1;
    return describe(isUnique ? last : shortenJobRef(job_ref), description ?? job_ref);
  });
}

function describe(value: string, description: string): Candidate {
  return { value: toOneLine(value), description: toOneLine(description).replaceAll('\t', ' ') };
}
