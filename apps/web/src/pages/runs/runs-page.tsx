import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import classes from './runs.module.css';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { ExportButton } from './export-button.tsx';
import { isFiltered, type RunSearch } from './run-list.ts';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Page } from '../../ui/page.tsx';
import { RunFilters, RunMenus } from './run-filters.tsx';
import { runList } from './run-queries.ts';
import { RunHistogram } from './run-histogram.tsx';
import { RunTable } from './run-table.tsx';
import { SavedViews } from './saved-views.tsx';
import { listStepSeconds } from './use-run-counts.ts';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

const SelectedRuns = lazy(() => import('./selected-runs.tsx'));

/** List of all runs, newest first, with trigger and result. */
export function RunsPage() {
  const { id: workspaceId } = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/runs' });
  const navigate = useNavigate({ from: '/w/$workspaceId/runs' });
  const nowMs = useNow(listStepSeconds);
  const list = useInfiniteQuery(runList(workspaceId, search, nowMs));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [hasSelected, setHasSelected] = useState(false);
  // The actions stay after the selection is gone: they show the result of the last one.
  if (selected.size > 0 && !hasSelected) setHasSelected(true);
  const change = (part: RunSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const runs = list.data?.items ?? [];
  return (
    <Page
      title="Runs"
      actions={
        <>
          <RunMenus search={search} runs={runs} onChange={change} />
          <ExportButton search={search} />
          <Link
            to="/w/$workspaceId/timeline"
            params={{ workspaceId }}
            search={{ range: search.range, from: search.from, to: search.to }}
          >
            Show on a timeline
          </Link>
        </>
      }
    >
      <SavedViews search={search} />
      <RunFilters search={search} onChange={change} />
      <RunHistogram
        search={search}
        // An entry in the history of its own, so that Back zooms out.
        onChoose={(part) => void navigate({ search: (before) => ({ ...before, ...part }) })}
      />
      {hasSelected && (
        <Suspense fallback={null}>
          <SelectedRuns runs={runs} selected={selected} search={search} onSelect={setSelected} />
        </Suspense>
      )}
      <div className={classes.list}>
        {list.isError && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
        {list.isPending && <LoadingRows count={18} />}
        {list.isSuccess && runs.length === 0 && <NoRuns search={search} />}
        {runs.length > 0 && (
          <RunTable
            runs={runs}
            selected={selected}
            onSelect={setSelected}
            sort={search.sort}
            onSort={(sort) => change({ sort })}
          />
        )}
        <MoreRows
          hasMore={list.hasNextPage}
          isLoading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </div>
    </Page>
  );
}

function NoRuns({ search }: { search: RunSearch }) {
  return isFiltered(search) ? (
    <Empty title="No runs match these filters">Remove a filter or show all runs.</Empty>
  ) : (
    <Empty title="No runs yet">Runs appear here when a schedule, an event or a user starts a job.</Empty>
  );
}
