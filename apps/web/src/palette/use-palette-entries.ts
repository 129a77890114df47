import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { maximumNameSearchLength } from '@pumphouse/contract';
import { useMemo, useState } from 'react';
import type { PaletteEntry } from './palette-entry.ts';
import { findTypedJob, listDataEntries, listRunEntries, readRunNumber } from './searched-entries.ts';
import { listEntries } from './palette-entries.ts';
import { operation } from '../api/operation.ts';
import { readRecent } from './recent-entries.ts';
import { starredFirst } from '../pages/jobs/job-list.ts';
import { useWorkspaceOf } from '../workspace/use-workspace.ts';
import { workspaceAccess } from '../workspace/use-people.ts';

const pauseMs = 120;
/** Shorter input matches too much to be of use. */
const minSearchLength = 2;

interface PaletteContent {
  entries: readonly PaletteEntry[];
  /** Whether all lists and the search for the current input have arrived. */
  isComplete: boolean;
}

/** The entries for the input: lists, which the palette filters, and what the server finds. */
export function usePaletteEntries(workspaceId: string, typed: string): PaletteContent {
  const { params, me, whyNot } = useWorkspaceOf(workspaceId);
  const jobs = useQuery(operation('list_job_overviews', { params, query: { ...starredFirst, limit: 1000 } }));
  const pipelines = useQuery(operation('list_pipeline_freshness', { params, query: { limit: 1000 } }));
  const mayList = whyNot('workspace-member.list') === null;
  const members = useQuery({ ...workspaceAccess(workspaceId), enabled: mayList });
  const access = useQuery(operation('get_installation_access'));
  const searched = useSearched(workspaceId, typed, jobs.data?.items ?? []);
  // Fixed while the palette is open, so that an opened entry does not move.
  const [recent] = useState(() => readRecent(workspaceId));

  const rows = pipelines.data?.items;
  const listed = listEntries({
    workspaceId,
    organization: me.organization,
    role: me.workspace_role,
    jobs: jobs.data?.items ?? [],
    pipelineNames: rows?.map((row) => row.pipeline_name) ?? [],
    datasetNames: [...new Set(rows?.flatMap((row) => row.dataset_name ?? []))],
    people:
      members.data?.items.flatMap(({ membership_id: id, kind, email }) =>
        kind === 'human' ? [{ id, email }] : [],
      ) ?? [],
    ownsInstallation: access.data?.is_installation_owner === true,
    whyNot,
  });
  const known = new Set(listed.map(({ id }) => id));
  const isLoading = jobs.isLoading || pipelines.isLoading || members.isLoading;
  return {
    entries: [...recent, ...listed, ...searched.entries.filter(({ id }) => !known.has(id))],
    isComplete: !isLoading && searched.isComplete,
  };
}

/** Tables and columns by name, and runs by number. */
function useSearched(
  workspaceId: string,
  typed: string,
  jobs: Parameters<typeof findTypedJob>[0],
): PaletteContent {
  const { params } = useWorkspaceOf(workspaceId);
  const text = typed.startsWith('>') ? '' : typed.trim().slice(0, maximumNameSearchLength);
  const [asked] = useDebouncedValue(text, pauseMs);
  const hasNames = asked.length >= minSearchLength;
  const names = useQuery({
    ...operation('search_data', { params, query: { q: asked, limit: 24 } }),
    enabled: hasNames,
    placeholderData: (before) => (hasNames ? before : undefined),
  });
  const run = useMemo(() => readRunNumber(asked), [asked]);
  const runs = useQuery({
    ...operation('list_run_overviews', {
      params,
      query: { q: `${run?.number ?? ''}`, job_id: run ? findTypedJob(jobs, run) : undefined, limit: 100 },
    }),
    enabled: run !== null,
  });
  return {
    entries: [
      ...(run === null ? [] : listRunEntries(runs.data?.items ?? [], run, workspaceId)),
      ...listDataEntries((hasNames ? names.data?.items : undefined) ?? [], workspaceId),
    ],
    isComplete: asked === text && !names.isPlaceholderData && !names.isLoading && !runs.isLoading,
  };
}
