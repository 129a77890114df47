import type { ConfigurationResponse } from '@pumphouse/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Empty } from '../../ui/answers.tsx';
import { CommandLine } from '../../ui/copy-text.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { configurationsOf } from './version-queries.ts';
import { VersionsPage } from './versions-page.tsx';

/** List of configuration versions. */
export function ConfigurationsPage() {
  const { id } = useWorkspace();
  const list = useInfiniteQuery(configurationsOf(id));
  return (
    <VersionsPage
      kind="configuration_id"
      lead="A configuration is an encrypted snapshot of the .dlt/*.toml files. Each run keeps the one that it was created with."
      title="Configurations"
      list={list}
      Name={ConfigurationName}
      extra={{
        head: 'Profiles',
        isNumber: false,
        cell: ({ profiles }) => (profiles.length === 0 ? 'none' : profiles.join(', ')),
      }}
      empty={
        <Empty title="No configurations yet">
          The client uploads .dlt/*.toml with the code. In your project folder, run:
          <CommandLine command="dlthub deploy" />
        </Empty>
      }
    />
  );
}

function ConfigurationName({ version: { id, version } }: { version: ConfigurationResponse }) {
  const workspace = useWorkspace();
  return (
    <Link
      to="/w/$workspaceId/configurations/$configurationId"
      params={{ workspaceId: workspace.id, configurationId: id }}
    >
      Configuration {version}
    </Link>
  );
}
