import type { RunOverviewResponse } from '@pumphouse/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { explainStartProblem } from '../jobs/start-texts.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { formatNoun } from '../../ui/format.ts';
import { manualTrigger, startsAsViewer, toStartableJob, viewersProfile } from '../jobs/job-rules.ts';
import { nameOfRun } from './selected-actions.ts';
import { shortenJobName } from '../../details/job-name.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** What an action on several runs did, run by run. */
export interface BatchResult {
  title: string;
  rows: readonly { id: string; text: string; isProblem: boolean; jobRunId: string | null }[];
}

const affected = [
  'list_run_overviews',
  'count_run_overviews',
  'list_run_series',
  'list_job_overviews',
] as const;

/** Cancels several runs, or starts their jobs, and keeps the result of each. */
export function useRunBatch() {
  const { params, me } = useWorkspace();
  const queryClient = useQueryClient();
  const [result, setResult] = useState<BatchResult | null>(null);
  const finish = (done: BatchResult) => {
    setResult(done);
    return fetchAnew(queryClient, affected);
  };

  const cancel = useMutation({
    mutationFn: async (runs: readonly RunOverviewResponse[]): Promise<BatchResult> => {
      const body = { job_run_ids: runs.map(({ id }) => id) };
      const { succeeded, skipped, failed } = await api.call('cancel_job_runs', { params, body });
      const nameOf = (id: string) => {
        const run = runs.find((each) => each.id === id);
        return run === undefined ? id : nameOfRun(run);
      };
      const toRow = (id: string, text: string, isProblem: boolean) => ({
        id,
        text: `${nameOf(id)}: ${text}`,
        isProblem,
        jobRunId: id,
      });
      return {
        title: `Cancelling ${formatNoun(succeeded.length, 'run')}.`,
        rows: [
          ...failed.map(({ ref, detail }) => toRow(ref, detail, true)),
          ...skipped.map((run) => toRow(run.job_run_id, `had already ended (${run.previous_status})`, true)),
          ...succeeded.map((run) => toRow(run.job_run_id, `cancelling, was ${run.previous_status}`, false)),
        ],
      };
    },
    onSuccess: finish,
  });

  const again = useMutation({
    mutationFn: async (runs: readonly RunOverviewResponse[]): Promise<BatchResult> => {
      const rows: BatchResult['rows'][number][] = [];
      // One after the other, so that a long list does not take all connections of the browser.
      for (const run of runs) {
        const name = shortenJobName(run.job_name);
        try {
          const job = await api.call('get_job', { params: { ...params, job_id: run.job_id } });
          const profile = startsAsViewer(me.workspace_role) ? viewersProfile : null;
          const body = { job_id: run.job_id, trigger: manualTrigger(toStartableJob(job)), profile };
          const started = await api.call('create_job_run', { params, body });
          const text = `${name}: started #${started.number}`;
          rows.push({ id: run.id, text, isProblem: false, jobRunId: started.id });
        } catch (error) {
          const text = `${name}: ${explainStartProblem(error)}`;
          rows.push({ id: run.id, text, isProblem: true, jobRunId: null });
        }
      }
      const count = rows.filter(({ isProblem }) => !isProblem).length;
      return { title: `Started ${formatNoun(count, 'job')}.`, rows };
    },
    onSuccess: finish,
  });

  return { cancel, again, result, dismiss: () => setResult(null) };
}
