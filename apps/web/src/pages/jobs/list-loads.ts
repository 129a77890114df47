import type { LineageResponse } from '@pumphouse/contract';

/** A pipeline that a job runs, and the datasets that it loaded. */
export interface PipelineLoads {
  pipelineName: string;
  datasetNames: string[];
}

/** Lists the pipelines of a job's lineage with their datasets, by name. Pipelines of other jobs are omitted. */
export function listLoads({ nodes, edges }: Pick<LineageResponse, 'nodes' | 'edges'>): PipelineLoads[] {
  const nameOf = new Map(nodes.map(({ key, name }) => [key, name]));
  const own = nodes.find(({ job }) => job !== null)?.key;
  return edges
    .filter(({ kind, from }) => kind === 'runs' && from === own)
    .map(({ to: pipeline }) => ({
      pipelineName: nameOf.get(pipeline) ?? '',
      datasetNames: edges
        .filter(({ kind, from }) => kind === 'loads' && from === pipeline)
        .map(({ to }) => nameOf.get(to) ?? '')
        .toSorted(),
    }))
    .toSorted((a, b) => a.pipelineName.localeCompare(b.pipelineName));
}
