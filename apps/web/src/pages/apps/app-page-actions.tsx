import type { AppResponse } from '@pumphouse/contract';
import { useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { AppLogLink } from './app-log-link.tsx';
import { AppQuestions, type AppQuestion } from './app-questions.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { whyNotStart, whyNotStop } from './app-rules.ts';
import type { AppActions } from './use-app-actions.ts';

interface AppPageActionsProps {
  app: AppResponse;
  name: string;
  actions: AppActions;
}

/** Actions of the app page. */
export function AppPageActions({ app, name, actions }: AppPageActionsProps) {
  const { whyNot, whyNotChange } = useWorkspace();
  const [question, ask] = useState<AppQuestion | null>(null);
  const isRunning = app.job_run !== null;
  return (
    <>
      {/* An MCP server has no page to open in a browser; the Connect section shows how to use it. */}
      {app.interface !== 'mcp' && (
        <ActionButton
          variant="filled"
          whyNot={whyNot('app.open')}
          hint="Opens in a new tab"
          loading={actions.isOpening}
          onClick={actions.open}
        >
          Open
        </ActionButton>
      )}
      <AppLogLink app={app} name={name} isAlone />
      <ActionButton
        whyNot={whyNotChange('app.restart') ?? whyNotStart(app)}
        loading={actions.restart.isPending}
        onClick={() => (isRunning ? ask('restart') : actions.restart.mutate())}
      >
        {isRunning ? 'Restart…' : 'Start'}
      </ActionButton>
      <ActionButton
        whyNot={whyNot('job-run.cancel') ?? whyNotStop(app)}
        loading={actions.stop.isPending}
        onClick={() => ask('stop')}
      >
        Stop…
      </ActionButton>
      {question !== null && (
        <AppQuestions
          question={question}
          name={name}
          jobRunId={app.job_run?.id ?? null}
          actions={actions}
          onClose={() => ask(null)}
        />
      )}
    </>
  );
}
