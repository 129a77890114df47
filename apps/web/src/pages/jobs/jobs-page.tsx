import type { JobOverviewResponse } from '@pumphouse/contract';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useMemo, useRef } from 'react';
import classes from './jobs.module.css';
import { ActionsHead } from '../../ui/actions-head.tsx';
import table from '../../ui/table.module.css';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { formatCount, formatNoun } from '../../ui/format.ts';
import { indexNextStarts } from './next-start.ts';
import { isFiltered, type JobSearch } from './job-list.ts';
import { jobList, nextStartsOfJobs } from './job-queries.ts';
import { JobFilters } from './job-filters.tsx';
import { jobColumnCount, JobRow } from './job-row.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Page } from '../../ui/page.tsx';
import { SortHeader } from '../../ui/sort-header.tsx';
import { useWorkspaceTags } from '../versions/deployment-tags.tsx';
import { useRowStops } from '../../keyboard/use-row-stops.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

const rowsInSight = 20;
/** Width of a bar including the gap. */
const barPx = 8;
const noJobs: JobOverviewResponse[] = [];

/** The list of all jobs. */
export function JobsPage() {
  const { id: workspaceId } = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/jobs' });
  const navigate = useNavigate({ from: '/w/$workspaceId/jobs' });
  const list = useInfiniteQuery(jobList(workspaceId, search));
  const { data: starts } = useQuery(nextStartsOfJobs(workspaceId));
  const startOf = useMemo(() => indexNextStarts(starts?.items ?? []), [starts]);
  const change = (part: JobSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  // The same query without filters. With a filter, its tags are options that the listed jobs do not have.
  const all = useInfiniteQuery(jobList(workspaceId, {}));
  const tags = useWorkspaceTags((all.data?.total ?? 0) > 0);
  const jobs = list.data?.items ?? noJobs;
  // A row has about a hundred elements: render the visible rows first and defer the others.
  const drawn = useDeferredValue(jobs, jobs.slice(0, rowsInSight));
  return (
    <Page
      title="Jobs"
      lead={
        list.data && (
          <>
            {describeCount(list.data.total, search)}
            {tags !== undefined && <> · {tags}</>}
          </>
        )
      }
    >
      <JobFilters search={search} jobs={[...(all.data?.items ?? noJobs), ...jobs]} onChange={change} />
      {list.error && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <LoadingRows count={12} />}
      {list.data && (
        <div className={classes.list}>
          <JobTable jobs={jobs} drawn={drawn} startOf={startOf} search={search} onChange={change} />
          <MoreRows
            hasMore={list.hasNextPage && drawn.length === jobs.length}
            isLoading={list.isFetchingNextPage}
            onMore={() => void list.fetchNextPage()}
          />
        </div>
      )}
    </Page>
  );
}

interface JobTableProps extends JobTableHeadProps {
  /** The jobs whose rows are rendered so far. */
  drawn: readonly JobOverviewResponse[];
  startOf: ReturnType<typeof indexNextStarts>;
}

function JobTable({ jobs, drawn, startOf, search, onChange }: JobTableProps) {
  const rows = useRef<HTMLTableElement>(null);
  useRowStops(rows);
  return (
    <table ref={rows} className={`${table.table} ${classes.table}`}>
      <caption className="visually-hidden">Jobs</caption>
      <JobTableHead jobs={jobs} search={search} onChange={onChange} />
      <tbody>
        {drawn.map((job) => (
          <JobRow key={job.id} job={job} nextStart={startOf.get(job.id)} />
        ))}
      </tbody>
      {jobs.length === 0 && (
        <tbody>
          <tr>
            <td colSpan={jobColumnCount}>
              <NoJobs search={search} />
            </td>
          </tr>
        </tbody>
      )}
    </table>
  );
}

function describeCount(total: number, { show }: JobSearch): string {
  const format = (count: number) => (count > 10_000 ? 'More than 10,000' : formatCount(count));
  return formatNoun(total, show === undefined ? 'job' : `${show} job`, undefined, format);
}

/** Wide enough for the row with the most bars; the text columns get the rest. */
function historyWidth(jobs: readonly JobOverviewResponse[]): string {
  const most = Math.max(0, ...jobs.map(({ recent_runs: runs }) => runs.length));
  return `max(7.5rem, ${most * barPx}px + 1.8rem)`;
}

interface JobTableHeadProps {
  jobs: readonly JobOverviewResponse[];
  search: JobSearch;
  onChange: (part: JobSearch) => void;
}

function JobTableHead({ jobs, search, onChange }: JobTableHeadProps) {
  const sorting = { sort: search.sort, onSort: (sort: string | undefined) => onChange({ sort }) };
  return (
    <>
      <colgroup>
        <col className={classes.state} />
        <col className={classes.name} />
        <col className={classes.last} />
        <col />
        <col style={{ width: historyWidth(jobs) }} />
        <col className={classes.next} />
        <col className={classes.actions} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">State of the last run</span>
          </th>
          <SortHeader first="name" {...sorting}>
            Job
          </SortHeader>
          <SortHeader first="-last_run_at" {...sorting}>
            Last run
          </SortHeader>
          <th scope="col">Result</th>
          <th scope="col">Last 20 runs</th>
          <SortHeader first="next_start_at" {...sorting}>
            Next run
          </SortHeader>
          <ActionsHead />
        </tr>
      </thead>
    </>
  );
}

function NoJobs({ search }: { search: JobSearch }) {
  const { id: workspaceId } = useWorkspace();
  if (!isFiltered(search)) {
    return (
      <Empty title="No jobs yet">
        A job is a deployed script or function.{' '}
        <Link to="/w/$workspaceId" params={{ workspaceId }}>
          First steps
        </Link>
      </Empty>
    );
  }
  return (
    <Empty title="No jobs match these filters">
      <Link to="." search={{}}>
        Show all jobs
      </Link>
    </Empty>
  );
}
