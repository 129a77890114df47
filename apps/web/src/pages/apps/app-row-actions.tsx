import type { AppResponse } from '@pumphouse/contract';
import { ActionIcon, Menu } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './apps.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionMenuItem } from '../../ui/action-menu-item.tsx';
import { AppLogLink } from './app-log-link.tsx';
import { AppQuestions, type AppQuestion } from './app-questions.tsx';
import { MoreIcon } from '../../ui/icons.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { whyNotStop } from './app-rules.ts';
import type { AppActions } from './use-app-actions.ts';

interface AppRowActionsProps {
  app: AppResponse;
  name: string;
  hasLink: boolean;
  actions: AppActions;
}

/** Actions of an app in a row: the main ones as buttons, the others in a menu. */
export function AppRowActions({ app, name, hasLink, actions }: AppRowActionsProps) {
  const { id: workspaceId, whyNot, whyNotChange } = useWorkspace();
  const navigate = useNavigate();
  const [question, ask] = useState<AppQuestion | 'publish' | null>(null);
  const close = () => ask(null);
  const isRunning = app.job_run !== null;
  return (
    <span className={classes.rowActions}>
      {app.interface === 'mcp' ? (
        <ActionButton
          whyNot={null}
          hint="URL and configuration for MCP clients"
          aria-label={`Connect to ${name}`}
          onClick={() =>
            void navigate({ to: '/w/$workspaceId/apps/$jobId', params: { workspaceId, jobId: app.job_id } })
          }
        >
          Connect
        </ActionButton>
      ) : (
        <ActionButton
          whyNot={whyNot('app.open')}
          hint="Opens in a new tab"
          aria-label={`Open ${name}`}
          loading={actions.isOpening}
          onClick={actions.open}
        >
          Open
        </ActionButton>
      )}
      <AppLogLink app={app} name={name} />
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="md" aria-label={`More actions for ${name}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <ActionMenuItem
            whyNot={whyNotChange('app.restart')}
            onClick={() => (isRunning ? ask('restart') : actions.restart.mutate())}
          >
            {isRunning ? 'Restart…' : 'Start'}
          </ActionMenuItem>
          <ActionMenuItem whyNot={whyNot('job-run.cancel') ?? whyNotStop(app)} onClick={() => ask('stop')}>
            Stop…
          </ActionMenuItem>
          <Menu.Divider />
          <ActionMenuItem whyNot={whyNotChange('job.publish')} onClick={() => ask('publish')}>
            {hasLink ? 'Replace public link…' : 'Publish…'}
          </ActionMenuItem>
          {hasLink && (
            <ActionMenuItem color="red" whyNot={whyNotChange('job.publish')} onClick={() => ask('take-back')}>
              Unpublish…
            </ActionMenuItem>
          )}
        </Menu.Dropdown>
      </Menu>
      {question === 'publish' && (
        <PublishDialog
          jobId={app.job_id}
          name={name}
          hasLink={hasLink}
          onPublished={() => void actions.fetchAffected()}
          onClose={close}
        />
      )}
      {question !== null && question !== 'publish' && (
        <AppQuestions
          question={question}
          name={name}
          jobRunId={app.job_run?.id ?? null}
          actions={actions}
          onClose={close}
        />
      )}
    </span>
  );
}
