import { Confirm } from '../../look/confirm.tsx';
import type { JobActions } from './use-job-actions.ts';

interface QuestionProps {
  name: string;
  actions: JobActions;
  onClose: () => void;
}

/** Asks before a job goes out of service. */
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
        Nothing starts it any longer, and its runs that wait are cancelled. Runs that have begun go on, and
        all that is known of it stays. It can be brought back; a deploy that has it brings it back too.
      </p>
    </Confirm>
  );
}

/** Asks before a run is stopped. */
export function CancelQuestion({
  name,
  run,
  actions,
  onClose,
}: QuestionProps & { run: { id: string; number: number } }) {
  return (
    <Confirm
      title={`Cancel ${name} #${run.number}?`}
      action="Cancel the run"
      isPending={false}
      error={null}
      onConfirm={() => {
        actions.cancel.mutate(run.id);
        onClose();
      }}
      onClose={onClose}
    >
      <p>
        It is asked to stop, and is stopped when its grace period is over. What it has loaded until then
        stays.
      </p>
    </Confirm>
  );
}

/** Asks before a run is ended that no server can see. */
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
        No server can see where this run goes on, so nothing can stop it now. It ends here as failed, and its
        job can start again.
      </p>
      <p>
        The run may still go on somewhere. It is told to stop at its next call to the server. Until then it
        may still write data.
      </p>
    </Confirm>
  );
}
