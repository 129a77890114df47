import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import table from '../../look/table.module.css';
import {
  allDatasets,
  datasetSeries,
  datasetStats,
  newestSchemaChanges,
  pipelineFreshness,
} from '../../data/data-queries.ts';
import { usualDays } from '../../data/day-window.ts';
import { DatasetTable } from './dataset-table.tsx';
import { DaysChoice } from '../../look/days-choice.tsx';
import { Empty } from '../../look/answers.tsx';
import { FilterBar } from '../../search/filter-bar.tsx';
import { filterDatasets, joinDatasets, sortDatasets } from './dataset-rows.ts';
import { MoreRows } from '../../look/more-rows.tsx';
import { NoPipelines } from '../pipelines/no-pipelines.tsx';
import { Page } from '../../look/page.tsx';
import { SearchBox } from '../../search/search-box.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

const rowsAtOnce = 100;

/** All datasets that pipelines wrote to. */
export function DatasetsPage() {
  const workspace = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/datasets' });
  const navigate = useNavigate({ from: '/w/$workspaceId/datasets' });
  const change = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const [shown, setShown] = useState(rowsAtOnce);

  const { data: all } = useSuspenseQuery(allDatasets(workspace.id));
  const { data: stats } = useQuery(datasetStats(workspace.id, search.days));
  const { data: series } = useQuery(datasetSeries(workspace.id, search.days));
  const { data: freshness } = useQuery(pipelineFreshness(workspace.id));
  const { data: changes } = useQuery(newestSchemaChanges(workspace.id));
  const joined = useMemo(
    () =>
      joinDatasets({
        all: all.items,
        stats: stats?.items,
        series: series?.datasets,
        freshness: freshness?.items,
        changes: changes?.items,
      }),
    [all, stats, series, freshness, changes],
  );
  const rows = sortDatasets(filterDatasets(joined, search.q), search.sort);

  if (joined.length === 0) return <NoPipelines title="Datasets" />;
  return (
    <Page
      title="Datasets"
      lead={`${rows.length === joined.length ? '' : `${rows.length} of `}${joined.length} that pipelines wrote to, as the runs reported it; figures are of the last ${search.days ?? usualDays} days.`}
    >
      <FilterBar>
        <SearchBox value={search.q} onSearch={(q) => change({ q })} label="Search datasets" />
        <DaysChoice />
      </FilterBar>
      <div className={table.frame}>
        {rows.length === 0 ? (
          <Empty title="No dataset is like that">Search for less of its name.</Empty>
        ) : (
          <DatasetTable
            workspaceId={workspace.id}
            rows={rows.slice(0, shown)}
            span={`${search.days ?? usualDays} days`}
            sort={search.sort}
            onSort={(sort) => change({ sort })}
          />
        )}
        <MoreRows
          hasMore={rows.length > shown}
          isLoading={false}
          onMore={() => setShown(shown + rowsAtOnce)}
        />
      </div>
    </Page>
  );
}
