import type { ConfigurationResponse } from '@pumphouse/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Empty } from '../../look/answers.tsx';
import { CommandLine } from '../../look/copy-text.tsx';
import { Page } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { configurationsOf, useActiveRuns } from './version-queries.ts';
import { VersionList } from './version-list.tsx';
import { VersionTabs } from './version-tabs.tsx';

/** The versions of a workspace's configuration files. */
export function ConfigurationsPage() {
  const { id } = useWorkspace();
  const list = useInfiniteQuery(configurationsOf(id));
  const activeRuns = useActiveRuns(id, 'configuration_id');
  return (
    <Page
      title="Versions"
      lead="A configuration is a snapshot of the .dlt/*.toml files, encrypted. Each run keeps the one it was made with."
    >
      <VersionTabs workspaceId={id} />
      <VersionList
        title="Configurations"
        list={list}
        activeRuns={activeRuns}
        Name={ConfigurationName}
        extra={{
          head: 'Profiles',
          isNumber: false,
          cell: ({ profiles }) => (profiles.length === 0 ? 'none' : profiles.join(', ')),
        }}
        empty={
          <Empty title="No configuration was deployed yet">
            The client uploads .dlt/*.toml with the code. In the folder of your project:
            <CommandLine command="dlthub deploy" />
          </Empty>
        }
      />
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
