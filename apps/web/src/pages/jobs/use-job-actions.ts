import type { RouteBodyInput } from '@pumphouse/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { describeError } from '../../look/answers.tsx';
import { explainStartProblem } from './start-words.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** What a start by hand is asked for with. */
export type StartOptions = Omit<RouteBodyInput<'create_job_run'>, 'job_id'>;

/** What came of the last action: shown on the job until it is put away, or another one follows. */
export interface ActionResult {
  text: string;
  isProblem: boolean;
  /** The run that was started. */
  jobRunId?: string;
}

type Switch = 'pause_job' | 'resume_job' | 'archive_job' | 'unarchive_job';

const switchWords: Record<Switch, string> = {
  pause_job: 'Paused: the clock does not start it, people and events do.',
  resume_job: 'Resumed: the clock starts it again.',
  archive_job: 'Archived: nothing starts it. It is in the list of archived jobs.',
  unarchive_job: 'Back in service.',
};

/** What is shown of a job, its runs and what starts next. */
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

/** Starts, cancels and switches one job, and keeps what came of it. Errors become results too. */
export function useJobActions(jobId: string) {
  const { params } = useWorkspace();
  const queryClient = useQueryClient();
  const [result, setResult] = useState<ActionResult | null>(null);
  const fetchAffected = () => fetchAnew(queryClient, affected);
  const showProblem = (error: unknown) => setResult({ text: describeError(error).detail, isProblem: true });

  const start = useMutation({
    mutationFn: (options: StartOptions) =>
      api.call('create_job_run', { params, body: { ...options, job_id: jobId } }),
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
      setResult({ text: switchWords[operationId], isProblem: false });
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
