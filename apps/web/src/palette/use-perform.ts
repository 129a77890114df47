import { useMantineColorScheme } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { PaletteAction, PaletteEntry } from './palette-entry.ts';
import { api } from '../api/api.ts';
import { docsUrl } from '../api/base-url.ts';
import { choosePalette, readPalette } from '../ui/palette-choice.ts';
import { describeError } from '../ui/answers.tsx';
import { explainStartProblem } from '../pages/jobs/start-texts.ts';
import { fetchAnew } from '../api/fetch-anew.ts';

/** Returns a function that performs an entry, and shows a notification if that fails. */
export function usePerform(workspaceId: string, onSignOut: () => void) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  const scope = { workspace_id: workspaceId };

  /** Starts a job like "Run now" in the dialog of its page, then opens the run. */
  async function start({
    jobId,
    trigger,
    profile,
  }: Extract<PaletteAction, { kind: 'start' }>): Promise<void> {
    const run = await api.call('create_job_run', {
      params: scope,
      body: { job_id: jobId, trigger, profile },
    });
    await navigate({ to: '/w/$workspaceId/runs/$jobRunId', params: { workspaceId, jobRunId: run.id } });
  }

  async function flip(
    does: Extract<PaletteAction, { kind: 'pause' | 'resume' }>,
    text: string,
  ): Promise<void> {
    const params = { ...scope, job_id: does.jobId };
    await api.call(does.kind === 'pause' ? 'pause_job' : 'resume_job', { params });
    await fetchAnew(queryClient, ['list_job_overviews', 'get_job', 'list_next_starts']);
    notifications.show({ message: text.replace(/^(Pause|Resume) /, '$1d ') });
  }

  async function act({ does, text }: PaletteEntry): Promise<void> {
    switch (does.kind) {
      case 'go':
        return navigate(does.link);
      case 'start':
        return start(does);
      case 'pause':
      case 'resume':
        return flip(does, text);
      case 'theme':
        return setColorScheme(does.theme);
      case 'state-colours':
        return choosePalette(readPalette() === 'red-green' ? 'blue-orange' : 'red-green');
      case 'copy-link':
        return navigator.clipboard.writeText(location.href);
      case 'documentation':
        return void window.open(docsUrl, '_blank', 'noopener');
      case 'sign-out':
        return onSignOut();
    }
  }

  return async (entry: PaletteEntry) => {
    try {
      await act(entry);
    } catch (error) {
      const action = entry.text.charAt(0).toLowerCase() + entry.text.slice(1);
      const message = entry.does.kind === 'start' ? explainStartProblem(error) : describeError(error).detail;
      notifications.show({ color: 'red', title: `Could not ${action}`, message });
    }
  };
}
