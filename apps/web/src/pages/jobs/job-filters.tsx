import type { JobOverviewResponse } from '@pumphouse/contract';
import { SegmentedControl } from '@mantine/core';
import { FilterBar } from '../../search/filter-bar.tsx';
import { FilterMenu } from '../../search/filter-menu.tsx';
import { runStates } from '../../ui/run-states.ts';
import { SearchBox } from '../../search/search-box.tsx';
import { statusFilters, triggerFilters, type JobSearch } from './job-list.ts';

interface JobFiltersProps {
  search: JobSearch;
  /** Jobs whose tags are the options of the tag filter; may contain a job twice. */
  jobs: readonly JobOverviewResponse[];
  onChange: (part: JobSearch) => void;
}

const statusOptions = statusFilters.map((value) => ({
  value,
  label: `${runStates[value].glyph} ${runStates[value].word}`,
}));
const triggerOptions = triggerFilters.map(([value, label]) => ({ value, label }));

export function JobFilters({ search, jobs, onChange }: JobFiltersProps) {
  const tags = [...new Set([...(search.tags ?? []), ...jobs.flatMap((job) => job.tags)])].toSorted();
  return (
    <FilterBar>
      <SearchBox label="Search jobs by name" value={search.q} onSearch={(q) => onChange({ q })} />
      <FilterMenu
        label="Last run"
        options={statusOptions}
        chosen={search.status}
        onChoose={(status) => onChange({ status })}
      />
      <FilterMenu
        label="Trigger"
        options={triggerOptions}
        chosen={search.trigger_kind}
        onChoose={(kinds) => onChange({ trigger_kind: kinds })}
      />
      <FilterMenu
        label="Tag"
        options={tags.map((value) => ({ value, label: value }))}
        chosen={search.tags}
        onChoose={(chosen) => onChange({ tags: chosen })}
      />
      <SegmentedControl
        size="xs"
        aria-label="Show jobs"
        value={search.show ?? 'all'}
        onChange={(show) => onChange({ show: show === 'all' ? undefined : show })}
        data={[
          { value: 'all', label: 'Active' },
          { value: 'starred', label: 'Starred' },
          { value: 'paused', label: 'Paused' },
          { value: 'archived', label: 'Archived' },
        ]}
      />
    </FilterBar>
  );
}
