import { useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { describeCancellable, listCancellable } from './selected-actions.ts';
import { formatNoun } from '../../ui/format.ts';
import { useRunBatch } from './use-run-batch.ts';
import { useWaitingRuns } from './use-waiting-runs.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface CancelWaitingProps {
  /** The active run that keeps the others waiting. */
  jobRunId: string;
  /** Its job and number. */
  name: string;
}

/** Button that cancels all runs that wait for an active one; nothing without any. */
export function CancelWaiting({ jobRunId, name }: CancelWaitingProps) {
  const { whyNot } = useWorkspace();
  const { items } = useWaitingRuns(jobRunId);
  const batch = useRunBatch();
  const [isAsking, setIsAsking] = useState(false);
  const runs = listCancellable(items);
  const problem = batch.result?.rows.find(({ isProblem }) => isProblem);
  if (problem) return <span role="alert">{problem.text}</span>;
  if (runs.length === 0) return null;
  const action = `Cancel ${formatNoun(runs.length, 'waiting run')}`;
  return (
    <>
      <ActionButton color="red" whyNot={whyNot('job-run.cancel')} onClick={() => setIsAsking(true)}>
        {action}…
      </ActionButton>
      {isAsking && (
        <Confirm
          title={`${action}?`}
          action={action}
          isPending={batch.cancel.isPending}
          error={batch.cancel.error}
          onConfirm={() => batch.cancel.mutate(runs, { onSuccess: () => setIsAsking(false) })}
          onClose={() => setIsAsking(false)}
        >
          <p>
            {describeCancellable(runs)}. {name}, for which they wait, goes on.
          </p>
        </Confirm>
      )}
    </>
  );
}
