import type { RunOverviewResponse } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { ActionButton } from '../../ui/action-button.tsx';
import { api } from '../../api/api.ts';
import { describeError } from '../../ui/answers.tsx';
import { formatCount, formatNoun } from '../../ui/format.ts';
import { maxExportedRuns, toRunCsv } from './run-csv.ts';
import { notifications } from '@mantine/notifications';
import { saveFile } from '../../ui/save-file.ts';
import { toRunQuery, type RunSearch } from './run-list.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

const pageLimit = 1000;

interface ExportButtonProps {
  /** The filters of the list. */
  search: RunSearch;
  /** Exports these runs instead of all that match. */
  runs?: readonly RunOverviewResponse[];
}

/** Downloads the selected runs, or all that match the filters, as CSV. */
export function ExportButton({ search, runs }: ExportButtonProps) {
  const { id: workspaceId } = useWorkspace();
  const exporting = useMutation({
    mutationFn: async () => {
      const found = runs === undefined ? await fetchMatching(workspaceId, search) : { runs, hasMore: false };
      saveFile('runs.csv', new Blob([toRunCsv(found.runs)], { type: 'text/csv;charset=utf-8' }));
      return found;
    },
    onSuccess: (found) =>
      notifications.show({
        title: `Exported ${formatNoun(found.runs.length, 'run')}`,
        message: found.hasMore
          ? `More runs match. A file has at most ${formatCount(maxExportedRuns)} runs: choose a shorter range of time for the others.`
          : 'The file is runs.csv.',
      }),
    onError: (error) =>
      notifications.show({
        color: 'red',
        title: 'The runs could not be exported',
        message: describeError(error).detail,
      }),
  });
  return (
    <ActionButton
      loading={exporting.isPending}
      hint={
        runs === undefined
          ? `Downloads the runs that match the filters, at most ${formatCount(maxExportedRuns)}.`
          : 'Downloads the selected runs.'
      }
      onClick={() => exporting.mutate()}
    >
      Export CSV
    </ActionButton>
  );
}

async function fetchMatching(workspaceId: string, search: RunSearch) {
  const found: RunOverviewResponse[] = [];
  let cursor: string | null = null;
  do {
    const query = { ...toRunQuery(search, Date.now()), limit: pageLimit, ...(cursor !== null && { cursor }) };
    const page: { items: RunOverviewResponse[]; next_cursor?: string | null | undefined } = await api.call(
      'list_run_overviews',
      { params: { workspace_id: workspaceId }, query },
    );
    found.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null && found.length < maxExportedRuns);
  return { runs: found.slice(0, maxExportedRuns), hasMore: cursor !== null };
}
