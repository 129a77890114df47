import { Link } from '@tanstack/react-router';
import { useWorkspace } from '../workspace/use-workspace.ts';

interface TableLinkProps {
  /** Unknown for runs that loaded nothing: the name is plain text then. */
  datasetName: string | null | undefined;
  tableName: string;
  /** Selects the schema of this pipeline if several write the table. */
  pipelineName: string;
}

/** The name of a table, as a link to its page. */
export function TableLink({ datasetName, tableName, pipelineName }: TableLinkProps) {
  const { id: workspaceId } = useWorkspace();
  if (datasetName == null) return tableName;
  return (
    <Link
      to="/w/$workspaceId/datasets/$datasetName/tables/$tableName"
      params={{ workspaceId, datasetName, tableName }}
      search={{ pipeline: pipelineName }}
    >
      {tableName}
    </Link>
  );
}
