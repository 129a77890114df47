import type { BackfillWindowResponse } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import classes from './backfills.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { api } from '../../api/api.ts';
import { changedByBackfills } from './backfill-queries.ts';
import { ErrorNotice } from '../../ui/answers.tsx';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { InvalidateButton } from './invalidate-button.tsx';
import { joinRanges, retryResumes } from './backfill-texts.ts';
import { Outcome } from '../../forms/change-form.tsx';
import { queryClient } from '../../api/query-client.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface SelectedWindowsProps {
  jobId: string;
  backfillId: string;
  windows: readonly BackfillWindowResponse[];
  onDone: () => void;
}

const retried = ['failed', 'cancelled', 'skipped'];
const skipped = ['waiting', 'failed', 'cancelled'];

/** What can be done with the selected windows of a backfill: retry, skip, invalidate. */
export function SelectedWindows({ jobId, backfillId, windows, onDone }: SelectedWindowsProps) {
  const { params, whyNotChange } = useWorkspace();
  const [outcome, setOutcome] = useState<string | null>(null);
  const of = { ...params, backfill_id: backfillId };
  const choose = (states: readonly string[]) =>
    windows.filter(({ status }) => states.includes(status)).map(({ number }) => number);
  const [toRetry, toSkip] = [choose(retried), choose(skipped)];
  const act = useMutation({
    mutationFn: (action: 'retry' | 'skip') =>
      action === 'retry'
        ? api.call('retry_backfill', { params: of, body: { windows: toRetry } })
        : api.call('skip_backfill_windows', { params: of, body: { windows: toSkip } }),
    onSuccess: async () => {
      setOutcome(null);
      onDone();
      await fetchAnew(queryClient, changedByBackfills);
    },
  });
  const denied = whyNotChange('backfill.change');
  return (
    <>
      {windows.length > 0 && (
        <div className={`${classes.actions} ${classes.selection}`} role="status">
          {windows.length} selected
          <ActionButton
            loading={act.isPending}
            whyNot={
              denied ?? (toRetry.length === 0 ? 'None of them failed, was cancelled or skipped.' : null)
            }
            hint={retryResumes}
            onClick={() => act.mutate('retry')}
          >
            Retry {toRetry.length}
          </ActionButton>
          <ActionButton
            loading={act.isPending}
            whyNot={denied ?? (toSkip.length === 0 ? 'None of them waits, failed or was cancelled.' : null)}
            hint="The backfill does not load them."
            onClick={() => act.mutate('skip')}
          >
            Skip {toSkip.length}
          </ActionButton>
          <InvalidateButton
            jobId={jobId}
            ranges={joinRanges(windows)}
            onDone={(text) => {
              setOutcome(text);
              onDone();
            }}
          />
        </div>
      )}
      {act.error !== null && <ErrorNotice error={act.error} />}
      <div className={classes.outcome}>
        <Outcome text={outcome} />
      </div>
    </>
  );
}
