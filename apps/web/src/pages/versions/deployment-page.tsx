import { keepPreviousData, useInfiniteQuery, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { Explanation } from '../../forms/change-form.tsx';
import { formatBytes } from '../../ui/format.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { CodeFile } from './code-file.tsx';
import { TagsProblem, useDeploymentTags } from './deployment-tags.tsx';
import { VersionChanges } from './version-changes.tsx';
import { VersionPage } from './version-page.tsx';
import { PackageWarnings } from '../runs/package-warnings.tsx';
import { deploymentsOf, runsOfVersion } from './version-queries.ts';
import classes from './versions.module.css';

/** Page of one deployment: code changes and rollback. */
export function DeploymentPage() {
  const { id, params } = useWorkspace();
  const { deploymentId } = useParams({ from: '/signed-in/w/$workspaceId/deployments/$deploymentId' });
  const navigate = useNavigate();
  const { data: version } = useSuspenseQuery(
    operation('get_deployment_overview', { params: { ...params, deployment_id: deploymentId } }),
  );
  const { data: latest } = useQuery(operation('get_deployment_latest', { params }));
  const { data: next } = useQuery(
    operation('list_deployment_overviews', { params, query: { version: version.version + 1, limit: 1 } }),
  );
  const declared = useDeploymentTags(version.id);
  return (
    <VersionPage
      kind="deployment_id"
      name={`Deployment ${version.version}`}
      version={version}
      latest={latest}
      next={next}
      lead={
        <Link to="/w/$workspaceId/deployments" params={{ workspaceId: id }}>
          All deployments
        </Link>
      }
      rollBack={{
        permission: 'deployment.roll-back',
        call: () => api.call('roll_back_deployment', { params: { ...params, deployment_id: version.id } }),
        onDone: (newId) => {
          void fetchAnew(queryClient, ['list_deployment_overviews', 'get_deployment_latest']);
          void navigate({
            to: '/w/$workspaceId/deployments/$deploymentId',
            params: { workspaceId: id, deploymentId: newId },
          });
        },
        description: (
          <>
            This creates a new deployment with this code. New runs use it; existing runs keep their
            deployment. Job definitions, such as triggers and timeouts, do not change. The configuration is
            not rolled back with it.
          </>
        ),
      }}
      items={[
        ...(declared === undefined || declared.tags.length === 0
          ? []
          : [['Tags', declared.tags.join(', ')] as const]),
        [
          'Requirements',
          version.requirements_size_bytes === 0 ? 'none' : formatBytes(version.requirements_size_bytes),
        ],
        [
          'Hash',
          <span key="hash" className="mono" title={version.content_hash}>
            {version.content_hash.slice(0, 12)}
          </span>,
        ],
        ...(version.message === null
          ? []
          : [
              [
                'Message',
                <span key="message" className={classes.message}>
                  {version.message}
                </span>,
              ] as const,
            ]),
      ]}
    >
      {next && <IncompatiblePackages version={version} nextAt={next.items[0]?.created_at} />}
      <TagsProblem problem={declared?.problem} />
      <CodeChanges deploymentId={version.id} />
    </VersionPage>
  );
}

type VersionOfRuns = Parameters<typeof runsOfVersion>[2];

/** Warns about the packages that the last started run of a deployment had. */
function IncompatiblePackages({ version, nextAt }: VersionOfRuns) {
  const { id } = useWorkspace();
  const { data } = useQuery(runsOfVersion(id, 'deployment_id', { version, nextAt }));
  // Skipped and waiting runs have no environment.
  const started = data?.items.find((run) => run.started_at !== null);
  return started ? <PackageWarnings params={{ workspace_id: id, job_run_id: started.id }} /> : null;
}

function CodeChanges({ deploymentId }: { deploymentId: string }) {
  const { id, params, whyNot } = useWorkspace();
  const { base, path, all } = useSearch({
    from: '/signed-in/w/$workspaceId/deployments/$deploymentId',
  });
  const list = useInfiniteQuery(deploymentsOf(id));
  const changes = useQuery({
    ...operation('compare_deployments', {
      params: { ...params, deployment_id: deploymentId },
      query: { base_id: base, include_unchanged: all === true },
    }),
    placeholderData: keepPreviousData,
  });
  const refused = whyNot('deployment.compare');
  const { data } = changes;
  return (
    <VersionChanges
      comparison={data}
      error={changes.error}
      versions={list.data?.items ?? []}
      isAll={all === true}
      path={path}
      refusal={refused && `You can see which files changed, but not their content. ${refused}`}
      noteOf={(file) => describeSizes(file.before?.size_bytes, file.after?.size_bytes)}
      notice={
        data?.requirements_changed &&
        data.base !== null && (
          <Explanation>The requirements changed: new runs use a different Python environment.</Explanation>
        )
      }
      renderFile={(shown, { base: before, target }) => (
        <CodeFile
          deploymentId={deploymentId}
          baseId={base}
          path={shown}
          sides={[before ? `v${before.version}` : 'Before', `v${target.version}`]}
        />
      )}
    />
  );
}

function describeSizes(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return formatBytes(after ?? before ?? 0);
  return before === after ? formatBytes(after) : `${formatBytes(before)} → ${formatBytes(after)}`;
}
