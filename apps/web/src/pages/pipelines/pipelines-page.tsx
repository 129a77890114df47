import { freshnessStates, freshnessLabels } from '@pumphouse/contract';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import choice from '../../ui/days-choice.module.css';
import { choiceLink } from '../../ui/choice-link.ts';
import {
  newestSchemaChanges,
  pipelineFreshness,
  pipelineSeries,
  pipelineStats,
} from '../../data/data-queries.ts';
import { usualDays } from '../../data/day-window.ts';
import { filterPipelines, joinPipelines, sortPipelines } from './pipeline-rows.ts';
import { FilterMenu } from '../../search/filter-menu.tsx';
import { FreshnessBoard } from './freshness-board.tsx';
import { ListPage } from './list-page.tsx';
import { NoPipelines } from './no-pipelines.tsx';
import { PipelineTable } from './pipeline-table.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { formatNoun } from '../../ui/format.ts';

/** List of all pipelines. */
export function PipelinesPage() {
  const workspace = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/pipelines' });
  const navigate = useNavigate({ from: '/w/$workspaceId/pipelines' });
  const change = (part: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });

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
  const days = search.days ?? usualDays;
  const isBoard = search.view === 'board';
  return (
    <ListPage
      title="Pipelines"
      lead={describeList(rows.length, all.length, days)}
      rows={rows}
      q={search.q}
      onSearch={(q) => change({ q })}
      filters={
        <>
          <FilterMenu
            label="Freshness"
            options={freshnessStates.map((value) => ({ value, label: freshnessLabels[value].word }))}
            chosen={search.status}
            onChoose={(status) => change({ status })}
          />
          <ViewChoice isBoard={isBoard} />
        </>
      }
      none={{
        title: 'No pipelines match these filters',
        description: 'Remove a filter or try a shorter search text.',
      }}
      isWhole={isBoard}
      renderTable={(drawn) =>
        isBoard ? (
          <FreshnessBoard workspaceId={workspace.id} rows={drawn} />
        ) : (
          <PipelineTable
            workspaceId={workspace.id}
            rows={drawn}
            span={`${days} days`}
            sort={search.sort}
            onSort={(sort) => change({ sort })}
          />
        )
      }
      note={
        freshness.next_cursor != null && (
          <p className="quiet">
            Showing {freshness.items.length} pipelines: failing and stale ones first, then the most recent.
          </p>
        )
      }
    />
  );
}

/** List with figures, or board by freshness. */
function ViewChoice({ isBoard }: { isBoard: boolean }) {
  return (
    <nav className={choice.choice} aria-label="View">
      {([undefined, 'board'] as const).map((view) => (
        <Link
          key={view ?? 'list'}
          from="/w/$workspaceId/pipelines"
          {...choiceLink((view === 'board') === isBoard)}
          search={(before) => ({ ...before, view })}
          className={choice.one}
        >
          {view === 'board' ? 'Freshness' : 'List'}
        </Link>
      ))}
    </nav>
  );
}

function describeList(shown: number, all: number, days: string): string {
  const which = shown === all ? '' : `${shown} of `;
  return `${which}${formatNoun(all, 'pipeline')} · last ${days} days`;
}
