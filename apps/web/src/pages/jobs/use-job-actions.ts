import type { RouteBodyInput } from '@pumphouse/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { describeError } from '../../ui/answers.tsx';
import { explainStartProblem } from './start-texts.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Options of a manual start. */
export type StartOptions = Omit<RouteBodyInput<'create_job_run'>, 'job_id'> & {
  /** A start with an input always runs; its `trigger` does not count. */
  input?: Record<string, unknown> | undefined;
};

/** Result of the last action, shown on the job until it is dismissed or replaced. */
export interface ActionResult {
  text: string;
  isProblem: boolean;
  /** The run that was started. */
  jobRunId?: string;
}

type Switch = 'pause_job' | 'resume_job' | 'archive_job' | 'unarchive_job';

const switchLabels: Record<Switch, string> = {
  pause_job: 'Paused. Its schedule starts no runs; manual starts and events still do.',
  resume_job: 'Resumed. Its schedule starts runs again.',
  archive_job: 'Archived. It no longer starts. Find it in the list of archived jobs.',
  unarchive_job: 'Restored.',
};

/** Operations that show a job, its runs or its next starts. */
const affected = [
  'get_job',
  'list_jobs',
  'list_job_overviews',
  'list_run_overviews',
  'list_run_series',
  'list_next_starts',
  'list_job_next_ticks',
  'get_job_graph',
] as const;

/** Starts, cancels, pauses and archives one job, and keeps the last result. Errors become results too. */
export function useJobActions(jobId: string) {
  const { params } = useWorkspace();
  const queryClient = useQueryClient();
  const [result, setResult] = useState<ActionResult | null>(null);
  const fetchAffected = () => fetchAnew(queryClient, affected);
  const showProblem = (error: unknown) => setResult({ text: describeError(error).detail, isProblem: true });

  const start = useMutation({
    mutationFn: async ({ input, ...options }: StartOptions): Promise<{ id: string; number: number }> => {
      if (input === undefined)
        return api.call('create_job_run', { params, body: { ...options, job_id: jobId } });
      const { trigger: _manual, ...start } = options;
      const at = { ...params, job_id: jobId };
      const { job_run: run, reasons } = await api.call('start_job', {
        params: at,
        body: { ...start, input },
      });
      if (run) return run;
      throw new Error(`Not started: ${(reasons ?? []).join('. ')}.`);
    },
    onSuccess: (run) => {
      setResult({ text: `Started #${run.number}`, isProblem: false, jobRunId: run.id });
      return fetchAffected();
    },
    onError: (error) => setResult({ text: explainStartProblem(error), isProblem: true }),
  });

  const cancel = useMutation({
    mutationFn: (jobRunId: string) =>
      api.call('cancel_job_run', { params: { ...params, job_run_id: jobRunId } }),
    onSuccess: (run) => {
      setResult({ text: `Cancelling #${run.number}`, isProblem: false });
      return fetchAffected();
    },
    onError: showProblem,
  });

  const forceEnd = useMutation({
    mutationFn: (jobRunId: string) =>
      api.call('force_end_job_run', { params: { ...params, job_run_id: jobRunId } }),
    onSuccess: (run) => {
      setResult({ text: `Ended #${run.number}`, isProblem: false });
      return fetchAffected();
    },
    onError: showProblem,
  });

  const flip = useMutation({
    mutationFn: async (operationId: Switch) => {
      await api.call(operationId, { params: { ...params, job_id: jobId } });
      return operationId;
    },
    onSuccess: (operationId) => {
      setResult({ text: switchLabels[operationId], isProblem: false });
      return fetchAffected();
    },
    onError: showProblem,
  });

  return {
    jobId,
    result,
    putAway: () => setResult(null),
    start,
    cancel,
    forceEnd,
    flip,
    isPending: start.isPending || cancel.isPending || forceEnd.isPending || flip.isPending,
  };
}

export type JobActions = ReturnType<typeof useJobActions>;
