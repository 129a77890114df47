import type { ConfigurationResponse } from '@pumphouse/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Empty, ErrorNotice, LoadingRows } from '../../look/answers.tsx';
import { CommandLine } from '../../look/copy-text.tsx';
import { MoreRows } from '../../look/more-rows.tsx';
import { Page, Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { configurationsOf, useActiveRuns } from './version-queries.ts';
import { VersionRows } from './version-rows.tsx';
import { VersionTabs } from './version-tabs.tsx';

/** The versions of a workspace's configuration files. */
export function ConfigurationsPage() {
  const { id } = useWorkspace();
  const list = useInfiniteQuery(configurationsOf(id));
  const activeRuns = useActiveRuns(id, 'configuration_id');
  const versions = list.data?.items ?? [];
  return (
    <Page
      title="Versions"
      lead="A configuration is a snapshot of the .dlt/*.toml files, encrypted. Each run keeps the one it was made with."
    >
      <VersionTabs workspaceId={id} />
      <Section title="Configurations">
        {list.error && <ErrorNotice error={list.error} />}
        {!list.data && !list.error && <LoadingRows />}
        {list.data && versions.length === 0 && (
          <Empty title="No configuration was deployed yet">
            The client uploads .dlt/*.toml with the code. In the folder of your project:
            <CommandLine command="dlthub deploy" />
          </Empty>
        )}
        {versions.length > 0 && (
          <VersionRows
            versions={versions}
            activeRuns={activeRuns}
            Name={ConfigurationName}
            extra={{
              head: 'Profiles',
              isNumber: false,
              cell: ({ profiles }) => (profiles.length === 0 ? 'none' : profiles.join(', ')),
            }}
          />
        )}
        <MoreRows
          hasMore={list.hasNextPage}
          isLoading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </Section>
    </Page>
  );
}

function ConfigurationName({ version: { id, version } }: { version: ConfigurationResponse }) {
  const workspace = useWorkspace();
  return (
    <Link
      to="/w/$workspaceId/configurations/$configurationId"
      params={{ workspaceId: workspace.id, configurationId: id }}
    >
      Configuration v{version}
    </Link>
  );
}
