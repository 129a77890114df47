import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import table from '../../look/table.module.css';
import {
  newestSchemaChanges,
  pipelineFreshness,
  pipelineSeries,
  pipelineStats,
} from '../../data/data-queries.ts';
import { usualDays } from '../../data/day-window.ts';
import { filterPipelines, joinPipelines, pipelineStatuses, sortPipelines } from './pipeline-rows.ts';
import { DaysChoice } from '../../look/days-choice.tsx';
import { Empty } from '../../look/answers.tsx';
import { FilterBar } from '../../search/filter-bar.tsx';
import { FilterMenu } from '../../search/filter-menu.tsx';
import { MoreRows } from '../../look/more-rows.tsx';
import { NoPipelines } from './no-pipelines.tsx';
import { Page } from '../../look/page.tsx';
import { PipelineTable } from './pipeline-table.tsx';
import { SearchBox } from '../../search/search-box.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

const statusWords = { succeeded: 'Last run succeeded', failed: 'Last run failed', stale: 'Stale' };
const rowsAtOnce = 100;

/** All pipelines, with what became of each. */
export function PipelinesPage() {
  const workspace = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/pipelines' });
  const navigate = useNavigate({ from: '/w/$workspaceId/pipelines' });
  const change = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const [shown, setShown] = useState(rowsAtOnce);

  const { data: freshness } = useSuspenseQuery(pipelineFreshness(workspace.id));
  const { data: stats } = useQuery(pipelineStats(workspace.id, search.days));
  const { data: series } = useQuery(pipelineSeries(workspace.id, search.days));
  const { data: changes } = useQuery(newestSchemaChanges(workspace.id));
  const all = useMemo(
    () =>
      joinPipelines({
        freshness: freshness.items,
        stats: stats?.items,
        series: series?.pipelines,
        changes: changes?.items,
      }),
    [freshness, stats, series, changes],
  );
  const rows = sortPipelines(filterPipelines(all, search), search.sort);

  if (all.length === 0) return <NoPipelines title="Pipelines" />;
  return (
    <Page title="Pipelines" lead={describeList(rows.length, all.length, search.days ?? usualDays)}>
      <FilterBar>
        <SearchBox value={search.q} onSearch={(q) => change({ q })} label="Search pipelines" />
        <FilterMenu
          label="Status"
          options={pipelineStatuses.map((value) => ({ value, label: statusWords[value] }))}
          chosen={search.status}
          onChoose={(status) => change({ status })}
        />
        <DaysChoice />
      </FilterBar>
      <div className={table.frame}>
        {rows.length === 0 ? (
          <Empty title="No pipeline is like that">Take a filter away, or search for less.</Empty>
        ) : (
          <PipelineTable
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
      {freshness.next_cursor != null && (
        <p className="quiet">Shown are the {freshness.items.length} that need somebody most or ran last.</p>
      )}
    </Page>
  );
}

function describeList(shown: number, all: number, days: string): string {
  const which = shown === all ? `${all}` : `${shown} of ${all}`;
  return `${which} that reported a run; figures are of the last ${days} days, over all jobs.`;
}
