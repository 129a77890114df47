import type { DeploymentOverviewResponse } from '@pumphouse/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Empty } from '../../ui/answers.tsx';
import { CommandLine } from '../../ui/copy-text.tsx';
import { formatBytes } from '../../ui/format.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { deploymentsOf } from './version-queries.ts';
import { VersionsPage } from './versions-page.tsx';

/** List of deployments. */
export function DeploymentsPage() {
  const { id } = useWorkspace();
  const list = useInfiniteQuery(deploymentsOf(id));
  return (
    <VersionsPage
      kind="deployment_id"
      lead="A deployment is a snapshot of the code. Each run keeps the one that it was created with."
      title="Deployments"
      list={list}
      Name={DeploymentName}
      messageOf={({ message }) => message}
      extra={{
        head: 'Requirements',
        isNumber: true,
        cell: ({ requirements_size_bytes: bytes }) => (bytes === 0 ? 'none' : formatBytes(bytes)),
      }}
      empty={
        <Empty title="No deployments yet">
          In your project folder, run:
          <CommandLine command="dlthub deploy" />
        </Empty>
      }
    />
  );
}

function DeploymentName({ version: { id, version } }: { version: DeploymentOverviewResponse }) {
  const workspace = useWorkspace();
  return (
    <Link
      to="/w/$workspaceId/deployments/$deploymentId"
      params={{ workspaceId: workspace.id, deploymentId: id }}
    >
      Deployment {version}
    </Link>
  );
}
