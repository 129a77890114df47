import { ActionIcon, Menu } from '@mantine/core';
import { isTerminalRunState } from '@pumphouse/contract';
import { useState } from 'react';
import classes from './jobs.module.css';
import { ActionIconButton } from '../../ui/action-icon-button.tsx';
import { ActionMenuItem } from '../../ui/action-menu-item.tsx';
import { ArchiveQuestion, CancelQuestion } from './job-questions.tsx';
import type { JobActions } from './use-job-actions.ts';
import { MoreIcon, RunsIcon, StopIcon } from '../../ui/icons.tsx';
import { RunDialog } from './lazy-run-dialog.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { whyNotCancel } from '../runs/run-rules.ts';
import { whyNotPause, whyNotStart, type StartableJob } from './job-rules.ts';

type Question = 'run' | 'cancel' | 'archive' | null;

interface JobRowActionsProps {
  job: StartableJob;
  lastRun: { id: string; number: number; status: string } | null;
  actions: JobActions;
}

/** Actions of a job in a row: the main action as a button, the others in a menu. */
export function JobRowActions({ job, lastRun, actions }: JobRowActionsProps) {
  const { whyNot } = useWorkspace();
  const [question, setQuestion] = useState<Question>(null);
  const close = () => setQuestion(null);
  const active = lastRun !== null && !isTerminalRunState(lastRun.status) ? lastRun : null;
  const startProblem = whyNot('job-run.start') ?? whyNotStart(job);
  return (
    <span className={classes.rowActions}>
      {active === null ? (
        <ActionIconButton
          label={`Run ${job.name}`}
          icon={<RunsIcon />}
          whyNot={startProblem}
          loading={actions.start.isPending}
          onClick={() => setQuestion('run')}
        />
      ) : (
        <ActionIconButton
          label={`Cancel ${job.name} #${active.number}`}
          icon={<StopIcon />}
          whyNot={whyNot('job-run.cancel') ?? whyNotCancel(active.status)}
          loading={actions.cancel.isPending}
          onClick={() => setQuestion('cancel')}
        />
      )}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="md" aria-label={`More actions for ${job.name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {active !== null && (
            <ActionMenuItem whyNot={startProblem} onClick={() => setQuestion('run')}>
              Start another run
            </ActionMenuItem>
          )}
          <ActionMenuItem
            whyNot={whyNot('job.pause') ?? whyNotPause(job)}
            onClick={() => actions.flip.mutate(job.is_paused ? 'resume_job' : 'pause_job')}
          >
            {job.is_paused ? 'Resume' : 'Pause'}
          </ActionMenuItem>
          <Menu.Divider />
          {job.is_archived ? (
            <ActionMenuItem
              whyNot={whyNot('job.archive')}
              onClick={() => actions.flip.mutate('unarchive_job')}
            >
              Restore
            </ActionMenuItem>
          ) : (
            <ActionMenuItem color="red" whyNot={whyNot('job.archive')} onClick={() => setQuestion('archive')}>
              Archive…
            </ActionMenuItem>
          )}
        </Menu.Dropdown>
      </Menu>
      {question === 'run' && <RunDialog job={job} actions={actions} onClose={close} />}
      {question === 'cancel' && active !== null && (
        <CancelQuestion name={job.name} run={active} actions={actions} onClose={close} />
      )}
      {question === 'archive' && <ArchiveQuestion name={job.name} actions={actions} onClose={close} />}
    </span>
  );
}
