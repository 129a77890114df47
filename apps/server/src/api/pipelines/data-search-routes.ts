import type { Handlers } from '../handler.ts';
import type { SearchData } from '../../services/pipelines/search-data.ts';

export function createDataSearchHandlers({
  searchData,
}: {
  searchData: SearchData;
}): Pick<Handlers, 'search_data'> {
  return {
    async search_data({ params, query }) {
      const { found, isCut } = await searchData(params.workspace_id, { text: query.q, limit: query.limit });
      return {
        items: found.map((each) => ({
          kind: each.kind,
          dataset_name: each.datasetName,
          table_name: each.tableName,
          column_name: each.columnName,
          pipeline_name: each.pipelineName,
        })),
        is_cut: isCut,
      };
    },
  };
}
