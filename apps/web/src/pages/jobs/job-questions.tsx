import { Confirm } from '../../ui/confirm.tsx';
import { describeCancelling } from '../runs/selected-actions.ts';
import type { JobActions } from './use-job-actions.ts';

interface QuestionProps {
  name: string;
  actions: JobActions;
  onClose: () => void;
}

/** Asks for confirmation before archiving a job. */
export function ArchiveQuestion({ name, actions, onClose }: QuestionProps) {
  return (
    <Confirm
      title={`Archive ${name}?`}
      action="Archive"
      isPending={false}
      error={null}
      onConfirm={() => {
        actions.flip.mutate('archive_job');
        onClose();
      }}
      onClose={onClose}
    >
      <p>
        The job no longer starts, and its pending runs are cancelled. Started runs continue, and its history
        is kept. You can restore the job. A deployment that contains it also restores it.
      </p>
    </Confirm>
  );
}

/** Asks for confirmation before cancelling a run. */
export function CancelQuestion({
  name,
  run,
  actions,
  onClose,
}: QuestionProps & { run: { id: string; number: number; status: string } }) {
  return (
    <Confirm
      title={`Cancel ${name} #${run.number}?`}
      action="Cancel run"
      isPending={false}
      error={null}
      onConfirm={() => {
        actions.cancel.mutate(run.id);
        onClose();
      }}
      onClose={onClose}
    >
      <p>{describeCancelling([run])}</p>
    </Confirm>
  );
}

/** Asks for confirmation before force-ending a run that no server can see. */
export function ForceEndQuestion({
  name,
  run,
  actions,
  onClose,
}: QuestionProps & { run: { id: string; number: number } }) {
  return (
    <Confirm
      title={`Force end ${name} #${run.number}?`}
      action="Force end"
      isPending={false}
      error={null}
      onConfirm={() => {
        actions.forceEnd.mutate(run.id);
        onClose();
      }}
      onClose={onClose}
    >
      <p>
        No server can see this run, so no server can stop it now. It is marked as failed, and its job can
        start again.
      </p>
      <p>
        The process may still be running. It is told to stop at its next call to the server. Until then it may
        still write data.
      </p>
    </Confirm>
  );
}
