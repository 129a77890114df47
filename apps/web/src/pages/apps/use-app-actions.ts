import type { AppResponse } from '@pumphouse/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { describeError } from '../../ui/answers.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { explainStartProblem } from '../jobs/start-texts.ts';
import type { ActionResult } from '../jobs/use-job-actions.ts';
import { useOpenApp } from './use-open-app.ts';

/** Operations that show an app or its runs. */
const affected = [
  'list_apps',
  'get_app',
  'get_job',
  'list_app_visitors',
  'list_job_overviews',
  'list_run_overviews',
] as const;

/** Opens, restarts, stops and unpublishes one app, and keeps the last result. Errors become results too. */
export function useAppActions(app: AppResponse) {
  const { params } = useWorkspace();
  const queryClient = useQueryClient();
  const [result, setResult] = useState<ActionResult | null>(null);
  const scope = { ...params, job_id: app.job_id };
  const fetchAffected = () => fetchAnew(queryClient, affected);
  const showProblem = (error: unknown) => setResult({ text: describeError(error).detail, isProblem: true });

  const opening = useOpenApp((text) => setResult({ text, isProblem: true }));

  const restart = useMutation({
    mutationFn: () => api.call('restart_app', { params: scope }),
    onSuccess: ({ job_run_id: jobRunId }) => {
      const text =
        app.job_run === null ? 'The app is starting.' : 'A new process takes over when it is ready.';
      setResult({ text, isProblem: false, jobRunId });
      return fetchAffected();
    },
    onError: (error) => setResult({ text: explainStartProblem(error), isProblem: true }),
  });

  const stop = useMutation({
    mutationFn: (jobRunId: string) =>
      api.call('cancel_job_run', { params: { ...params, job_run_id: jobRunId } }),
    onSuccess: () => {
      setResult({ text: 'The app is stopping. The next visit starts it again.', isProblem: false });
      return fetchAffected();
    },
    onError: showProblem,
  });

  const unpublish = useMutation({
    mutationFn: () => api.call('unpublish_job', { params: scope }),
    onSuccess: () => {
      setResult({ text: 'Unpublished. The public link no longer works.', isProblem: false });
      return fetchAffected();
    },
    onError: showProblem,
  });

  return {
    result,
    putAway: () => setResult(null),
    open: () => opening.open(app),
    isOpening: opening.isOpening,
    restart,
    stop,
    unpublish,
    fetchAffected,
  };
}

export type AppActions = ReturnType<typeof useAppActions>;
