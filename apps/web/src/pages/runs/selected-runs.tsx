import {
  isTerminalRunState,
  type CancelJobRunsResponse,
  type RunOverviewResponse,
} from '@pumphouse/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import classes from './runs.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { api } from '../../api/api.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { formatNoun } from '../../ui/format.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface SelectedRunsProps {
  runs: readonly RunOverviewResponse[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
}

/** Bulk actions for the selected runs, with their result. */
export function SelectedRuns({ runs, selected, onSelect }: SelectedRunsProps) {
  const { params, whyNot } = useWorkspace();
  const queryClient = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  // Selected runs may have ended since.
  const active = runs.filter((run) => selected.has(run.id) && !isTerminalRunState(run.status));
  const cancel = useMutation({
    mutationFn: () =>
      api.call('cancel_job_runs', { params, body: { job_run_ids: active.map(({ id }) => id) } }),
    onSuccess: async () => {
      onSelect(new Set());
      setIsAsking(false);
      await fetchAnew(queryClient, ['list_run_overviews', 'list_run_series', 'list_job_overviews']);
    },
  });
  if (active.length === 0 && cancel.data === undefined) return null;
  return (
    <div className={classes.selected} role="status">
      {active.length === 0 ? (
        cancel.data && describeCancelled(cancel.data)
      ) : (
        <>
          {countRuns(active.length)} selected
          <ActionButton color="red" whyNot={whyNot('job-run.cancel')} onClick={() => setIsAsking(true)}>
            Cancel runs…
          </ActionButton>
          <ActionButton onClick={() => onSelect(new Set())}>Clear selection</ActionButton>
        </>
      )}
      {isAsking && (
        <Confirm
          title={`Cancel ${countRuns(active.length)}?`}
          action={`Cancel ${countRuns(active.length)}`}
          isPending={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate()}
          onClose={() => setIsAsking(false)}
        >
          <p>
            The runs are asked to stop, and are killed after their grace periods. Data that they have already
            loaded is kept.
          </p>
        </Confirm>
      )}
    </div>
  );
}

function describeCancelled({ succeeded, skipped, failed }: CancelJobRunsResponse): string {
  const ended = skipped.length === 0 ? '' : ` ${countRuns(skipped.length)} had already ended.`;
  const problems = failed.map(({ detail }) => ` ${detail}`).join('');
  return `Cancelling ${countRuns(succeeded.length)}.${ended}${problems}`;
}

const countRuns = (count: number) => formatNoun(count, 'run');
