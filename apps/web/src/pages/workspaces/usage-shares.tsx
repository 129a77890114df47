import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { Explanation } from '../../forms/change-form.tsx';
import { Empty } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { ShareRows } from './share-rows.tsx';

interface UsageSharesProps {
  query: { from?: string; to?: string };
  wholeSeconds: number;
}

/** Usage by workspace and job, for organization owners. */
export function UsageShares({ query, wholeSeconds }: UsageSharesProps) {
  const { params, whyNot } = useOrganization();
  const refused = whyNot('organization-usage.break-down');
  const options = { enabled: refused === null, placeholderData: keepPreviousData };
  const byWorkspace = useQuery({
    ...operation('get_organization_usage_by_workspace', { params, query }),
    ...options,
  });
  const byJob = useQuery({ ...operation('get_organization_usage_by_job', { params, query }), ...options });
  const names = new Map(byWorkspace.data?.workspaces.map(({ workspace_id, name }) => [workspace_id, name]));
  if (refused !== null) {
    return (
      <Section title="By workspace and job">
        <Explanation>You cannot view usage by workspace and job. {refused}</Explanation>
      </Section>
    );
  }
  return (
    <>
      <Section title="By workspace">
        {byWorkspace.data?.workspaces.length === 0 && (
          <Empty title="No runs ended in this range">Select a longer range above.</Empty>
        )}
        {byWorkspace.data && byWorkspace.data.workspaces.length > 0 && (
          <ShareRows
            what="Workspace"
            wholeSeconds={wholeSeconds}
            rows={byWorkspace.data.workspaces.map(({ workspace_id, name, total }) => ({
              id: workspace_id,
              name,
              total,
            }))}
          />
        )}
      </Section>
      {byJob.data && byJob.data.jobs.length > 0 && (
        <Section title={titleOfJobs(byJob.data.jobs.length, byJob.data.job_count)}>
          <ShareRows
            what="Job"
            wholeSeconds={wholeSeconds}
            rows={byJob.data.jobs.map(({ job_id, job_ref, workspace_id, total }) => ({
              id: job_id,
              total,
              name: (
                <>
                  {job_ref} <span className="quiet">{names.get(workspace_id) ?? ''}</span>
                </>
              ),
            }))}
          />
        </Section>
      )}
    </>
  );
}

const titleOfJobs = (shown: number, all: number) =>
  shown === all ? 'By job' : `By job: top ${shown} of ${all}`;
