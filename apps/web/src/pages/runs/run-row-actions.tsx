import { isTerminalRunState, type RunOverviewResponse } from '@pumphouse/contract';
import { ActionIcon, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useState } from 'react';
import { ActionMenuItem } from '../../ui/action-menu-item.tsx';
import { CancelQuestion } from '../jobs/job-questions.tsx';
import { MenuItemLink } from '../../ui/links.tsx';
import { MoreIcon } from '../../ui/icons.tsx';
import { RunAgain } from './run-again.tsx';
import { useJobActions } from '../jobs/use-job-actions.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { whyNotCancel } from './run-rules.ts';
import { shortenJobName } from '../../details/job-name.ts';

/** Actions of a run in the list. */
export function RunRowActions({ run }: { run: RunOverviewResponse }) {
  const { id: workspaceId, whyNot } = useWorkspace();
  const actions = useJobActions(run.job_id);
  const [question, setQuestion] = useState<'cancel' | 'again' | null>(null);
  const name = `${shortenJobName(run.job_name)} #${run.number}`;
  const isActive = !isTerminalRunState(run.status);
  const close = () => setQuestion(null);
  const { result, putAway } = actions;
  // Rows have no room for the result of an action and may have scrolled out of view, so show a notification.
  useEffect(() => {
    if (result === null) return;
    notifications.show({
      ...(result.isProblem && { color: 'red' }),
      title: shortenJobName(run.job_name),
      message: result.text,
    });
    putAway();
  }, [result, putAway, run.job_name]);
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="md" aria-label={`More actions for ${name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isActive && (
            <ActionMenuItem
              color="red"
              whyNot={whyNot('job-run.cancel') ?? whyNotCancel(run.status)}
              onClick={() => setQuestion('cancel')}
            >
              Cancel run…
            </ActionMenuItem>
          )}
          <ActionMenuItem whyNot={whyNot('job-run.start')} onClick={() => setQuestion('again')}>
            Run again…
          </ActionMenuItem>
          <MenuItemLink
            to="/w/$workspaceId/runs/$jobRunId/compare"
            params={{ workspaceId, jobRunId: run.id }}
          >
            Compare with last completed run
          </MenuItemLink>
          <Menu.Divider />
          <MenuItemLink from="/w/$workspaceId/runs" to="." search={{ job_id: run.job_id }}>
            Filter by {shortenJobName(run.job_name)}
          </MenuItemLink>
          <MenuItemLink to="/w/$workspaceId/jobs/$job" params={{ workspaceId, job: run.job_ref }}>
            Open job
          </MenuItemLink>
        </Menu.Dropdown>
      </Menu>
      {question === 'cancel' && (
        <CancelQuestion name={shortenJobName(run.job_name)} run={run} actions={actions} onClose={close} />
      )}
      {question === 'again' && <RunAgain run={run} actions={actions} onClose={close} />}
    </>
  );
}
