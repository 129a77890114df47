import { useRouter } from '@tanstack/react-router';
import type { Bar } from './timeline-bars.ts';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

/** @returns a function that opens the page of a run, in a new tab if asked */
export function useOpenBar() {
  const router = useRouter();
  const { id: workspaceId } = useWorkspace();
  return ({ id: jobRunId }: Bar, isNewTab: boolean) => {
    const target = { to: '/w/$workspaceId/runs/$jobRunId', params: { workspaceId, jobRunId } } as const;
    if (isNewTab) window.open(router.buildLocation(target).href, '_blank', 'noopener');
    else void router.navigate(target);
  };
}
