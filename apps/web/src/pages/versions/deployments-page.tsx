import type { DeploymentResponse } from '@pumphouse/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Empty, ErrorNotice, LoadingRows } from '../../look/answers.tsx';
import { CommandLine } from '../../look/copy-text.tsx';
import { formatBytes } from '../../look/format.ts';
import { MoreRows } from '../../look/more-rows.tsx';
import { Page, Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { deploymentsOf, useActiveRuns } from './version-queries.ts';
import { VersionRows } from './version-rows.tsx';
import { VersionTabs } from './version-tabs.tsx';

/** The versions of a workspace's code. */
export function DeploymentsPage() {
  const { id } = useWorkspace();
  const list = useInfiniteQuery(deploymentsOf(id));
  const activeRuns = useActiveRuns(id, 'deployment_id');
  const versions = list.data?.items ?? [];
  return (
    <Page
      title="Versions"
      lead="A deployment is a snapshot of the code. Each run keeps the one it was made with."
    >
      <VersionTabs workspaceId={id} />
      <Section title="Deployments">
        {list.error && <ErrorNotice error={list.error} />}
        {!list.data && !list.error && <LoadingRows />}
        {list.data && versions.length === 0 && (
          <Empty title="Nothing was deployed yet">
            In the folder of your project:
            <CommandLine command="dlthub deploy" />
          </Empty>
        )}
        {versions.length > 0 && (
          <VersionRows
            versions={versions}
            activeRuns={activeRuns}
            Name={DeploymentName}
            extra={{
              head: 'Requirements',
              isNumber: true,
              cell: ({ requirements_size_bytes: bytes }) => (bytes === 0 ? 'none' : formatBytes(bytes)),
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

function DeploymentName({ version: { id, version } }: { version: DeploymentResponse }) {
  const workspace = useWorkspace();
  return (
    <Link
      to="/w/$workspaceId/deployments/$deploymentId"
      params={{ workspaceId: workspace.id, deploymentId: id }}
    >
      Code v{version}
    </Link>
  );
}
