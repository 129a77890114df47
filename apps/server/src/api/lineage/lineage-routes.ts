import type { Handlers } from '../handler.ts';
import type { ReadLineageGraph } from '../../services/lineage/read-lineage.ts';
import { toLineage } from './lineage-serializers.ts';

export function createLineageHandlers(services: {
  readLineage: ReadLineageGraph;
}): Pick<Handlers, 'get_lineage'> {
  return {
    get_lineage: async ({ params, query }) =>
      toLineage(
        await services.readLineage(params.workspace_id, {
          around: query.around ?? null,
          direction: query.direction,
          depth: query.depth ?? null,
          expandedDatasets: query.expanded ?? [],
        }),
      ),
  };
}
