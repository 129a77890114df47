import { triggerKind, type RunOverviewResponse } from '@pumphouse/contract';
import { CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import classes from './runs.module.css';
import { FilterBar } from '../../search/filter-bar.tsx';
import { FilterMenu } from '../../search/filter-menu.tsx';
import { describeRange, triggerLabels, type RunSearch } from './run-list.ts';
import { operation } from '../../api/operation.ts';
import { nameOfRun } from './selected-actions.ts';
import { RangeChoice } from './range-choice.tsx';
import { runOverview } from './run-queries.ts';
import { SearchBox } from '../../search/search-box.tsx';
import { StateTabs } from './state-tabs.tsx';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

// A select that searches is 8 kB; the list does not wait for it.
const JobChoice = lazy(() => import('./job-choice.tsx'));

interface RunFiltersProps {
  search: RunSearch;
  /** The listed runs, whose profiles and pipelines are filter options. */
  runs: readonly RunOverviewResponse[];
  onChange: (part: RunSearch) => void;
}

const triggerOptions = triggerKind.options.map((value) => ({ value, label: triggerLabels[value] }));
const toOptions = (values: readonly string[]) =>
  [...new Set(values)].toSorted().map((value) => ({ value, label: value }));

/** Search, states and range of the list, and what it was limited to on other pages. */
export function RunFilters({ search, onChange }: Omit<RunFiltersProps, 'runs'>) {
  return (
    <FilterBar>
      <SearchBox
        label="Search by job, pipeline or number"
        value={search.q}
        onSearch={(q) => onChange({ q })}
      />
      <StateTabs search={search} />
      <RangeChoice search={search} onChange={onChange} />
      <WaitingForChip search={search} onChange={onChange} />
      <CreatedRange search={search} onChange={onChange} />
    </FilterBar>
  );
}

/** Filters by job, trigger, profile and pipeline. They stand beside the title, so that the list begins higher. */
export function RunMenus({ search, runs, onChange }: RunFiltersProps) {
  const { params } = useWorkspace();
  const { data: configuration } = useQuery(operation('get_configuration_latest', { params }));
  const { data: pipelines } = useQuery(
    operation('list_pipeline_freshness', { params, query: { sort: ['pipeline_name'], order: ['asc'] } }),
  );
  const profiles = [
    ...(configuration?.profiles ?? []),
    ...runs.map((run) => run.profile),
    ...(search.profile ?? []),
  ];
  const pipelineNames = [
    ...(pipelines?.items.map((each) => each.pipeline_name) ?? []),
    ...runs.flatMap((run) => run.pipeline_names),
    ...(search.pipeline_name ?? []),
  ];
  return (
    <>
      <Suspense fallback={<span className={classes.jobChoice} />}>
        <JobChoice jobId={search.job_id} runs={runs} onChoose={(jobId) => onChange({ job_id: jobId })} />
      </Suspense>
      <FilterMenu
        label="Trigger"
        options={triggerOptions}
        chosen={search.trigger_kind}
        onChoose={(kinds) => onChange({ trigger_kind: kinds })}
      />
      <FilterMenu
        label="Profile"
        options={toOptions(profiles)}
        chosen={search.profile}
        onChoose={(profile) => onChange({ profile })}
      />
      <FilterMenu
        label="Pipeline"
        options={toOptions(pipelineNames)}
        chosen={search.pipeline_name}
        onChoose={(names) => onChange({ pipeline_name: names })}
      />
    </>
  );
}

/** The run that the listed runs wait for. */
function WaitingForChip({ search, onChange }: Pick<RunFiltersProps, 'search' | 'onChange'>) {
  const { id: workspaceId } = useWorkspace();
  const { waiting_for: jobRunId } = search;
  const { data: run } = useQuery({
    ...runOverview({ workspace_id: workspaceId, job_run_id: jobRunId ?? '' }),
    enabled: jobRunId !== undefined,
  });
  if (jobRunId === undefined) return null;
  return (
    <span className={classes.range}>
      <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId }}>
        Waiting for {run === undefined ? 'a run' : nameOfRun(run)}
      </Link>
      <CloseButton
        size="xs"
        aria-label="Clear the awaited run"
        onClick={() => onChange({ waiting_for: undefined })}
      />
    </span>
  );
}

/** The range in which the runs were created, as chosen on the timeline. */
function CreatedRange({ search: { from, to }, onChange }: Pick<RunFiltersProps, 'search' | 'onChange'>) {
  const { id: workspaceId } = useWorkspace();
  const text = describeRange({ from, to }, new Date(useNow(60)));
  if (text === null) return null;
  return (
    <span className={classes.range}>
      <Link
        to="/w/$workspaceId/timeline"
        params={{ workspaceId }}
        search={{ from, to }}
        title="Show in the timeline"
      >
        {text}
      </Link>
      <CloseButton
        size="xs"
        aria-label="Clear the range of time"
        onClick={() => onChange({ from: undefined, to: undefined })}
      />
    </span>
  );
}
