import { listJobs, type Job } from '../jobs/find-job.ts';
import { findRun } from '../runs/find-run.ts';
import { shortenJobRef, toOneLine } from '../runs/job-name.ts';
import { listOrganizations } from '../organizations/find-organization.ts';
import { listServers } from '../servers/server-list.ts';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { readVersions } from '../versions/find-version.ts';
import { listOwnWorkspaces } from '../workspaces/own-workspaces.ts';
import type { Candidate, NameKind, Position } from './find-candidates.ts';

const maxRuns = 20;

/** Reads the names of a kind. */
export async function lookUpNames(
  session: Session,
  kind: NameKind,
  { given, path }: Pick<Position, 'given' | 'path'>,
): Promise<Candidate[]> {
  const { client, terminal, workspaceId } = session;
  switch (kind) {
    case 'job':
      return nameJobs(await listJobs(session));
    case 'number': {
      const { job, number } = await findRun(session, given[0] ?? '');
      const count = Math.min(number, maxRuns);
      return Array.from({ length: count }, (_, index) => ({
        value: String(number - index),
        description: `a run of ${job.job_ref}`,
      }));
    }
    case 'organization':
      return (await listOrganizations(session)).map(({ name, description }) =>
        describe(name, description ?? ''),
      );
    case 'pipeline': {
      const params = { workspace_id: await workspaceId() };
      const { items } = await client.call('list_pipeline_freshness', { params });
      return items.map(({ pipeline_name }) => describe(pipeline_name, 'pipeline'));
    }
    case 'run': {
      const params = { workspace_id: await workspaceId() };
      const { items } = await client.call('list_run_overviews', { params, query: { limit: maxRuns } });
      return items.map(({ job_ref, number, status, created_at }) =>
        describe(`${shortenJobRef(job_ref)}#${number}`, `${status}, ${formatRelative(created_at)}`),
      );
    }
    case 'server':
      return (await listServers(terminal.env)).map(({ name, url }) => describe(name, url));
    case 'version': {
      const versioned = path.startsWith('configuration') ? 'configuration' : 'deployment';
      const versions = await readVersions(session, versioned, { limit: maxRuns });
      return [
        { value: 'latest', description: '' },
        ...versions.map(({ version, created_at }) => describe(String(version), formatRelative(created_at))),
      ];
    }
    case 'workspace':
      return (await listOwnWorkspaces(client)).map(({ name, organizationName }) =>
        describe(name, organizationName),
      );
  }
}

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
  return { value, description: toOneLine(description).replaceAll('\t', ' ') };
}
