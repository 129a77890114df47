import { keepPreviousData, useInfiniteQuery, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { ConfigurationFile } from './configuration-file.tsx';
import { VersionChanges } from './version-changes.tsx';
import { VersionPage } from './version-page.tsx';
import { configurationsOf } from './version-queries.ts';

/** Page of one configuration version: changes and rollback. */
export function ConfigurationPage() {
  const { id, params } = useWorkspace();
  const { configurationId } = useParams({
    from: '/signed-in/w/$workspaceId/configurations/$configurationId',
  });
  const navigate = useNavigate();
  const { data: version } = useSuspenseQuery(
    operation('get_configuration', { params: { ...params, configuration_id: configurationId } }),
  );
  const { data: latest } = useQuery(operation('get_configuration_latest', { params }));
  const { data: next } = useQuery(
    operation('list_configurations', { params, query: { version: version.version + 1, limit: 1 } }),
  );
  return (
    <VersionPage
      kind="configuration_id"
      name={`Configuration ${version.version}`}
      version={version}
      latest={latest}
      next={next}
      lead={
        <Link to="/w/$workspaceId/configurations" params={{ workspaceId: id }}>
          All configurations
        </Link>
      }
      rollBack={{
        permission: 'configuration.roll-back',
        call: () =>
          api.call('roll_back_configuration', { params: { ...params, configuration_id: version.id } }),
        onDone: (newId) => {
          void fetchAnew(queryClient, ['list_configurations', 'get_configuration_latest']);
          void navigate({
            to: '/w/$workspaceId/configurations/$configurationId',
            params: { workspaceId: id, configurationId: newId },
          });
        },
        description: (
          <>
            This creates a new configuration version with these files. New runs use it; existing runs keep
            their version. The code is not rolled back with it.
          </>
        ),
      }}
      items={[['Profiles', version.profiles.join(', ') || 'none']]}
    >
      <SettingChanges configurationId={version.id} />
    </VersionPage>
  );
}

function SettingChanges({ configurationId }: { configurationId: string }) {
  const { id, params, whyNot } = useWorkspace();
  const { base, path, all } = useSearch({
    from: '/signed-in/w/$workspaceId/configurations/$configurationId',
  });
  const list = useInfiniteQuery(configurationsOf(id));
  const changes = useQuery({
    ...operation('compare_configurations', {
      params: { ...params, configuration_id: configurationId },
      query: { base_id: base, include_unchanged: all === true },
    }),
    placeholderData: keepPreviousData,
  });
  const refused = whyNot('configuration.compare');
  return (
    <VersionChanges
      comparison={changes.data}
      error={changes.error}
      versions={list.data?.items ?? []}
      isAll={all === true}
      path={path}
      refusal={refused && `You can see which files changed, but not their settings. ${refused}`}
      renderFile={(shown) => (
        <ConfigurationFile configurationId={configurationId} baseId={base} path={shown} />
      )}
    />
  );
}
