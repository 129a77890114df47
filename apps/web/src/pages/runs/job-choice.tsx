import type { RunOverviewResponse } from '@pumphouse/contract';
import { Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { operation } from '../../api/operation.ts';
import { StarMark } from '../../ui/star-mark.tsx';
import { starredFirst } from '../jobs/job-list.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';

interface JobChoiceProps {
  jobId: string | undefined;
  /** The listed runs, which provide the name of a job selected by URL. */
  runs: readonly RunOverviewResponse[];
  onChoose: (jobId: string | undefined) => void;
}

/** Selects a job. Offers only jobs that match the typed text, since there may be thousands. */
export default function JobChoice({ jobId, runs, onChoose }: JobChoiceProps) {
  const { params } = useWorkspace();
  const [typed, setTyped] = useState('');
  const [isOpen, setIsOpen] = useState(false);
  const [asked] = useDebouncedValue(typed, 200);
  const listed = runs.find((run) => run.job_id === jobId);
  const { data: named } = useQuery({
    ...operation('get_job', { params: { ...params, job_id: jobId ?? '' } }),
    enabled: jobId !== undefined && listed === undefined,
  });
  const chosenName = shortenJobName(listed?.job_name ?? named?.name ?? named?.job_ref ?? jobId ?? '');
  const { data: jobs } = useQuery({
    ...operation('list_job_overviews', {
      params,
      query: { ...starredFirst, limit: 50, ...(asked !== '' && asked !== chosenName && { q: asked }) },
    }),
    enabled: isOpen,
    placeholderData: keepPreviousData,
  });
  const starred = new Set(jobs?.items.flatMap(({ id, is_starred: isStarred }) => (isStarred ? id : [])));
  const offered = (jobs?.items ?? []).map(({ id, name }) => ({ value: id, label: shortenJobName(name) }));
  const isOffered = offered.some(({ value }) => value === jobId);
  const chosen = jobId === undefined || isOffered ? [] : [{ value: jobId, label: chosenName }];
  return (
    <Select
      size="xs"
      w={160}
      aria-label="Job"
      placeholder="Job"
      data={[...chosen, ...offered]}
      value={jobId ?? null}
      onChange={(value) => onChoose(value ?? undefined)}
      onSearchChange={setTyped}
      onDropdownOpen={() => setIsOpen(true)}
      // The server has already filtered, and by more than the name.
      filter={({ options }) => options}
      renderOption={({ option }) => (
        <>
          {option.label}
          {starred.has(option.value) && <StarMark />}
        </>
      )}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Clear job filter' }}
      nothingFoundMessage="No jobs found"
    />
  );
}
