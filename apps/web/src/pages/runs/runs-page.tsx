import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './runs.module.css';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { isFiltered, type RunSearch } from './run-list.ts';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Page } from '../../ui/page.tsx';
import { RunFilters } from './run-filters.tsx';
import { runList } from './run-queries.ts';
import { RunTable } from './run-table.tsx';
import { SelectedRuns } from './selected-runs.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** List of all runs, newest first, with trigger and result. */
export function RunsPage() {
  const { id: workspaceId } = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/runs' });
  const navigate = useNavigate({ from: '/w/$workspaceId/runs' });
  const list = useInfiniteQuery(runList(workspaceId, search));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const change = (part: RunSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const runs = list.data?.items ?? [];
  return (
    <Page
      title="Runs"
      actions={
        <Link
          to="/w/$workspaceId/timeline"
          params={{ workspaceId }}
          search={{ from: search.from, to: search.to }}
        >
          Show on a timeline
        </Link>
      }
    >
      <RunFilters search={search} runs={runs} onChange={change} />
      <SelectedRuns runs={runs} selected={selected} onSelect={setSelected} />
      <div className={classes.list}>
        {list.isError && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
        {list.isPending && <LoadingRows count={18} />}
        {list.isSuccess && runs.length === 0 && <NoRuns search={search} />}
        {runs.length > 0 && <RunTable runs={runs} selected={selected} onSelect={setSelected} />}
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
