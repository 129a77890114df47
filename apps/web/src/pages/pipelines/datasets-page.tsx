import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import {
  allDatasets,
  datasetFreshness,
  datasetSeries,
  datasetStats,
  newestSchemaChanges,
  pipelineStats,
} from '../../data/data-queries.ts';
import { usualDays } from '../../data/day-window.ts';
import { DatasetTable } from './dataset-table.tsx';
import { filterDatasets, joinDatasets, sortDatasets } from './dataset-rows.ts';
import { ListPage } from './list-page.tsx';
import { NoPipelines } from './no-pipelines.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { formatNoun } from '../../ui/format.ts';

/** List of all datasets that pipelines have written to. */
export function DatasetsPage() {
  const workspace = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/datasets' });
  const navigate = useNavigate({ from: '/w/$workspaceId/datasets' });
  const change = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });

  const { data: all } = useSuspenseQuery(allDatasets(workspace.id));
  const { data: stats } = useQuery(datasetStats(workspace.id, search.days));
  const { data: pipelines } = useQuery(pipelineStats(workspace.id, search.days));
  const { data: series } = useQuery(datasetSeries(workspace.id, search.days));
  const { data: freshness } = useQuery(datasetFreshness(workspace.id));
  const { data: changes } = useQuery(newestSchemaChanges(workspace.id));
  const joined = useMemo(
    () =>
      joinDatasets({
        all: all.items,
        stats: stats?.items,
        pipelineStats: pipelines?.items,
        series: series?.datasets,
        freshness: freshness?.items,
        changes: changes?.items,
      }),
    [all, stats, pipelines, series, freshness, changes],
  );
  const rows = sortDatasets(filterDatasets(joined, search.q), search.sort);

  if (joined.length === 0) return <NoPipelines title="Datasets" />;
  const days = search.days ?? usualDays;
  return (
    <ListPage
      title="Datasets"
      lead={`${rows.length === joined.length ? '' : `${rows.length} of `}${formatNoun(joined.length, 'dataset')} · last ${days} days`}
      rows={rows}
      q={search.q}
      onSearch={(q) => change({ q })}
      none={{ title: 'No datasets match this search', description: 'Try a shorter search text.' }}
      renderTable={(drawn) => (
        <DatasetTable
          workspaceId={workspace.id}
          rows={drawn}
          span={`${days} days`}
          sort={search.sort}
          onSort={(sort) => change({ sort })}
        />
      )}
    />
  );
}
