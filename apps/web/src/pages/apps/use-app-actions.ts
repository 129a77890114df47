import type { AppResponse } from '@pumphouse/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { describeError } from '../../look/answers.tsx';
import { shortenJobName } from '../../facts/job-name.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { explainStartProblem } from '../jobs/start-words.ts';
import type { ActionResult } from '../jobs/use-job-actions.ts';
import { leadTab, openEmptyTab } from './open-tab.ts';

/** What is shown of an app and of its runs. */
const affected = [
  'list_apps',
  'get_app',
  'get_job',
  'list_app_visitors',
  'list_job_overviews',
  'list_run_overviews',
] as const;

/** Opens, restarts, stops and publishes one app, and keeps what came of it. Errors become results too. */
export function useAppActions(app: AppResponse) {
  const { params } = useWorkspace();
  const queryClient = useQueryClient();
  const [result, setResult] = useState<ActionResult | null>(null);
  const place = { ...params, job_id: app.job_id };
  const fetchAffected = () => fetchAnew(queryClient, affected);
  const showProblem = (error: unknown) => setResult({ text: describeError(error).detail, isProblem: true });

  const opening = useMutation({
    mutationFn: async (tab: Window) => ({
      tab,
      ...(await api.call('open_app', { params: place, body: {} })),
    }),
    onSuccess: ({ tab, url }) => leadTab(tab, url),
    onError: (error, tab) => {
      tab.close();
      showProblem(error);
    },
  });

  const restart = useMutation({
    mutationFn: () => api.call('restart_app', { params: place }),
    onSuccess: ({ job_run_id: jobRunId }) => {
      const text = app.job_run === null ? 'It starts.' : 'Another process takes its place once it answers.';
      setResult({ text, isProblem: false, jobRunId });
      return fetchAffected();
    },
    onError: (error) => setResult({ text: explainStartProblem(error), isProblem: true }),
  });

  const stop = useMutation({
    mutationFn: (jobRunId: string) =>
      api.call('cancel_job_run', { params: { ...params, job_run_id: jobRunId } }),
    onSuccess: () => {
      setResult({ text: 'It stops. The next visit starts it again.', isProblem: false });
      return fetchAffected();
    },
    onError: showProblem,
  });

  const unpublish = useMutation({
    mutationFn: () => api.call('unpublish_job', { params: place }),
    onSuccess: () => {
      setResult({ text: 'The public link is taken back: it leads nowhere now.', isProblem: false });
      return fetchAffected();
    },
    onError: showProblem,
  });

  /** In the click: the tab is opened before its address is known. */
  function open(): void {
    const tab = openEmptyTab(`Opening ${shortenJobName(app.name)} …`);
    if (tab) opening.mutate(tab);
    else setResult({ text: 'The browser kept the new tab from opening: allow it here.', isProblem: true });
  }

  return {
    result,
    putAway: () => setResult(null),
    open,
    isOpening: opening.isPending,
    restart,
    stop,
    unpublish,
    fetchAffected,
  };
}

export type AppActions = ReturnType<typeof useAppActions>;
