import { isTerminalRunState, type DetailedJobResponse } from '@pumphouse/contract';
import { useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { ButtonLink } from '../../ui/links.tsx';
import { ArchiveQuestion, CancelQuestion } from './job-questions.tsx';
import { RunDialog } from './lazy-run-dialog.tsx';
import type { JobActions } from './use-job-actions.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { toStartableJob, whyNotPause, whyNotStart } from './job-rules.ts';
import { whyNotCancel } from '../runs/run-rules.ts';

interface JobPageActionsProps {
  job: DetailedJobResponse;
  lastRun: { id: string; number: number; status: string } | null;
  actions: JobActions;
}

/** Actions of the job page. */
export function JobPageActions({ job: detailed, lastRun, actions }: JobPageActionsProps) {
  const { id: workspaceId, whyNot } = useWorkspace();
  const [question, setQuestion] = useState<'run' | 'cancel' | 'archive' | null>(null);
  const close = () => setQuestion(null);
  const job = toStartableJob(detailed);
  const active = lastRun !== null && !isTerminalRunState(lastRun.status) ? lastRun : null;
  return (
    <>
      {detailed.job_type === 'interactive' && (
        <ButtonLink
          size="compact-sm"
          variant="default"
          to="/w/$workspaceId/apps/$jobId"
          params={{ workspaceId, jobId: detailed.id }}
        >
          Open app
        </ButtonLink>
      )}
      <ActionButton
        variant="filled"
        whyNot={whyNot('job-run.start') ?? whyNotStart(job)}
        loading={actions.start.isPending}
        onClick={() => setQuestion('run')}
      >
        Run now
      </ActionButton>
      {active !== null && (
        <ActionButton
          whyNot={whyNot('job-run.cancel') ?? whyNotCancel(active.status)}
          loading={actions.cancel.isPending}
          onClick={() => setQuestion('cancel')}
        >
          Cancel #{active.number}
        </ActionButton>
      )}
      <ActionButton
        whyNot={whyNot('job.pause') ?? whyNotPause(job)}
        onClick={() => actions.flip.mutate(job.is_paused ? 'resume_job' : 'pause_job')}
      >
        {job.is_paused ? 'Resume' : 'Pause'}
      </ActionButton>
      {job.is_archived ? (
        <ActionButton whyNot={whyNot('job.archive')} onClick={() => actions.flip.mutate('unarchive_job')}>
          Restore
        </ActionButton>
      ) : (
        <ActionButton whyNot={whyNot('job.archive')} onClick={() => setQuestion('archive')}>
          Archive…
        </ActionButton>
      )}
      {question === 'run' && <RunDialog job={job} actions={actions} onClose={close} />}
      {question === 'cancel' && active !== null && (
        <CancelQuestion name={job.name} run={active} actions={actions} onClose={close} />
      )}
      {question === 'archive' && <ArchiveQuestion name={job.name} actions={actions} onClose={close} />}
    </>
  );
}
