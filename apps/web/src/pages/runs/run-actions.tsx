import { isTerminalRunState, type RunOverviewDetailResponse } from '@pumphouse/contract';
import { useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { ButtonLink } from '../../ui/links.tsx';
import { CancelQuestion, ForceEndQuestion } from '../jobs/job-questions.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import type { JobActions } from '../jobs/use-job-actions.ts';
import { RunAgain } from './run-again.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { whyNotCancel } from './run-rules.ts';
import { shortenJobName } from '../../details/job-name.ts';

/** Actions of a run: cancel or force-end an active run, run a finished one again, compare. */
export function RunActions({ run, actions }: { run: RunOverviewDetailResponse; actions: JobActions }) {
  const { id: workspaceId, whyNot } = useWorkspace();
  const [question, setQuestion] = useState<'cancel' | 'force' | 'again' | null>(null);
  const close = () => setQuestion(null);
  const isActive = !isTerminalRunState(run.status);
  return (
    <>
      {run.unknown !== null && (
        <ActionButton
          color="red"
          whyNot={whyNot('job-run.force-end')}
          loading={actions.forceEnd.isPending}
          onClick={() => setQuestion('force')}
        >
          Force end…
        </ActionButton>
      )}
      {isActive ? (
        <ActionButton
          color="red"
          whyNot={whyNot('job-run.cancel') ?? whyNotCancel(run.status)}
          loading={actions.cancel.isPending}
          onClick={() => setQuestion('cancel')}
        >
          Cancel run…
        </ActionButton>
      ) : (
        <ActionButton
          variant="filled"
          whyNot={whyNot('job-run.start')}
          loading={actions.start.isPending}
          onClick={() => setQuestion('again')}
        >
          Run again…
        </ActionButton>
      )}
      {run.last_completed === null ? (
        <ActionButton whyNot="No earlier run of this job completed." onClick={close}>
          Compare
        </ActionButton>
      ) : (
        <ButtonLink
          size="compact-sm"
          variant="default"
          to="/w/$workspaceId/runs/$jobRunId/compare"
          params={{ workspaceId, jobRunId: run.id }}
        >
          Compare with #{run.last_completed.number}
        </ButtonLink>
      )}
      <CopyText text={`${location.origin}${location.pathname}`} label="link to this run" />
      {question === 'cancel' && (
        <CancelQuestion name={shortenJobName(run.job_name)} run={run} actions={actions} onClose={close} />
      )}
      {question === 'force' && (
        <ForceEndQuestion name={shortenJobName(run.job_name)} run={run} actions={actions} onClose={close} />
      )}
      {question === 'again' && <RunAgain run={run} actions={actions} onClose={close} />}
    </>
  );
}
