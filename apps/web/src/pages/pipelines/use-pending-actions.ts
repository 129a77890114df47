import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { describeError } from '../../ui/answers.tsx';
import { explainStartProblem } from '../jobs/start-texts.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { formatBytes, formatNoun } from '../../ui/format.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import type { ActionResult } from '../jobs/use-job-actions.ts';

/** What the actions apply to. */
export interface PendingPipeline {
  pipelineName: string;
  profile: string;
}

/** Finishes and drops the pending packages of a pipeline, and keeps the last result. */
export function usePendingActions() {
  const { id: workspaceId } = useWorkspace();
  const queryClient = useQueryClient();
  const [result, setResult] = useState<ActionResult | null>(null);
  const call = ({ pipelineName, profile }: PendingPipeline) => ({
    params: { workspace_id: workspaceId, pipeline_name: pipelineName },
    body: { profile },
  });

  const finish = useMutation({
    mutationFn: (pipeline: PendingPipeline) => api.call('finish_pending_packages', call(pipeline)),
    onSuccess: (started) => {
      const { job_run_id: jobRunId, job_run_number: number } = started;
      setResult({ text: `Started #${number}`, isProblem: false, jobRunId });
      return fetchAnew(queryClient, ['list_pending_packages', 'list_run_overviews']);
    },
    onError: (error) => setResult({ text: explainStartProblem(error), isProblem: true }),
  });

  const drop = useMutation({
    mutationFn: (pipeline: PendingPipeline) => api.call('drop_pending_packages', call(pipeline)),
    onSuccess: ({ package_count: count, size_bytes: size }) => {
      const text = `${formatNoun(count, 'load package')} (${formatBytes(size)}) will be dropped when the next run starts.`;
      setResult({ text, isProblem: false });
      return fetchAnew(queryClient, ['list_pending_packages']);
    },
    onError: (error) => setResult({ text: describeError(error).detail, isProblem: true }),
  });

  return { result, putAway: () => setResult(null), finish, drop };
}
