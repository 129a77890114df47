import { operation } from '../../../api/operation.ts';

/** Names a table. */
export interface TableScope {
  workspaceId: string;
  datasetName: string;
  tableName: string;
}

export const tableOverview = ({ workspaceId, datasetName, tableName }: TableScope) =>
  operation('get_table_overview', {
    params: { workspace_id: workspaceId, dataset_name: datasetName, table_name: tableName },
  });

/** The key of a table in a lineage. Both names are encoded, as they may contain the separator. */
export const tableKey = ({ datasetName, tableName }: Omit<TableScope, 'workspaceId'>) =>
  `table:${encodeURIComponent(datasetName)}/${encodeURIComponent(tableName)}`;

/** Everything downstream of a table. */
export const downstreamOfTable = (scope: TableScope) =>
  operation('get_lineage', {
    params: { workspace_id: scope.workspaceId },
    query: { around: tableKey(scope), direction: 'downstream' },
  });
