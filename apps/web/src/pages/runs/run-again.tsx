import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import type { RunOverviewResponse } from '@pumphouse/contract';
import type { JobActions } from '../jobs/use-job-actions.ts';
import { operation } from '../../api/operation.ts';
import { RunDialog } from '../jobs/lazy-run-dialog.tsx';
import { toTexts } from '../jobs/job-inputs.ts';
import { toStartableJob } from '../jobs/job-rules.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface RunAgainProps {
  run: Pick<RunOverviewResponse, 'id' | 'job_id' | 'trigger_kind'>;
  actions: JobActions;
  onClose: () => void;
}

/**
 * Starts the current version of a run's job, with the inputs of the run. Fetches both first, since a run does not
 * contain them.
 */
export function RunAgain({ run, actions, onClose }: RunAgainProps) {
  const { params, whyNot } = useWorkspace();
  const { data: job, error } = useQuery(operation('get_job', { params: { ...params, job_id: run.job_id } }));
  // What a sender delivered is no choice of a member.
  const hasInput = run.trigger_kind === 'manual' && whyNot('job-run.read-input') === null;
  const earlier = useQuery({
    ...operation('get_job_run_input', { params: { ...params, job_run_id: run.id } }),
    enabled: hasInput,
  });
  if (job && !(hasInput && earlier.isPending))
    return (
      <RunDialog
        job={toStartableJob(job)}
        actions={actions}
        inputs={toTexts(earlier.data?.input ?? null)}
        onClose={onClose}
      />
    );
  return (
    <Modal opened onClose={onClose} title="Run again" centered>
      {error === null ? <LoadingRows count={3} /> : <ErrorNotice error={error} />}
    </Modal>
  );
}
