import type { RunOverviewResponse } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { ActionButton } from '../../ui/action-button.tsx';
import { describeError } from '../../ui/answers.tsx';
import { formatCount, formatNoun } from '../../ui/format.ts';
import { maxExportedRuns, type RunSearch } from './run-list.ts';
import { notifications } from '@mantine/notifications';
import { useWorkspace } from '../../workspace/use-workspace.ts';

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
      const { exportRuns } = await import('./export-runs.ts');
      return exportRuns(workspaceId, search, runs);
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
