import { Link } from '@tanstack/react-router';
import type { LineageNode } from './lineage-fold.ts';
import { nameOfNode } from './lineage-texts.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** A link to the page of a node, on its lineage if that is a tab. */
export function NodeLink({ node }: { node: LineageNode }) {
  const { id: workspaceId } = useWorkspace();
  const name = nameOfNode(node);
  if (node.job) {
    return (
      <Link
        to="/w/$workspaceId/jobs/$job"
        params={{ workspaceId, job: node.job.ref }}
        search={{ tab: 'lineage' }}
      >
        {name}
      </Link>
    );
  }
  if (node.pipeline) {
    return (
      <Link
        to="/w/$workspaceId/pipelines/$pipelineName"
        params={{ workspaceId, pipelineName: node.name }}
        search={{ tab: 'lineage' }}
      >
        {name}
      </Link>
    );
  }
  if (node.table) {
    return (
      <Link
        to="/w/$workspaceId/datasets/$datasetName/tables/$tableName"
        params={{ workspaceId, datasetName: node.table.dataset_name, tableName: node.name }}
      >
        {name}
      </Link>
    );
  }
  return (
    <Link to="/w/$workspaceId/datasets/$datasetName" params={{ workspaceId, datasetName: node.name }}>
      {name}
    </Link>
  );
}
