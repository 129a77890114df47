import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import type { JobActions } from '../jobs/use-job-actions.ts';
import { operation } from '../../api/operation.ts';
import { RunDialog } from '../jobs/lazy-run-dialog.tsx';
import { toStartableJob } from '../jobs/job-rules.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface RunAgainProps {
  jobId: string;
  actions: JobActions;
  onClose: () => void;
}

/**
 * Starts the current version of a run's job. Fetches the job first, since a run does not contain the start
 * options.
 */
export function RunAgain({ jobId, actions, onClose }: RunAgainProps) {
  const { params } = useWorkspace();
  const { data: job, error } = useQuery(operation('get_job', { params: { ...params, job_id: jobId } }));
  if (job) return <RunDialog job={toStartableJob(job)} actions={actions} onClose={onClose} />;
  return (
    <Modal opened onClose={onClose} title="Run again" centered>
      {error === null ? <LoadingRows count={3} /> : <ErrorNotice error={error} />}
    </Modal>
  );
}
