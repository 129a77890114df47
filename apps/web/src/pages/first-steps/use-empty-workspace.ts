import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { firstRun } from '../overview/overview-queries.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/**
 * Whether the workspace has had no run yet; null while unknown. When the first run arrives, a user on the
 * empty workspace is taken to it.
 */
export function useEmptyWorkspace(): boolean | null {
  const { id: workspaceId } = useWorkspace();
  const navigate = useNavigate();
  const wasEmpty = useRef(false);
  const { data } = useQuery(firstRun(workspaceId));
  const jobRunId = data?.items[0]?.id;
  const isEmpty = data === undefined ? null : jobRunId === undefined;
  useEffect(() => {
    if (wasEmpty.current && jobRunId !== undefined)
      void navigate({ to: '/w/$workspaceId/runs/$jobRunId', params: { workspaceId, jobRunId } });
    wasEmpty.current = isEmpty === true;
  }, [isEmpty, jobRunId, navigate, workspaceId]);
  return isEmpty;
}
