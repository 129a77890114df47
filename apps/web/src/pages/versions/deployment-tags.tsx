import { useQuery } from '@tanstack/react-query';
import { Notice } from '../../ui/notice.tsx';
import { operation } from '../../api/operation.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** `__tags__` of a deployment; undefined while loading. */
export function useDeploymentTags(deploymentId: string | undefined) {
  const { params } = useWorkspace();
  const { data } = useQuery({
    ...operation('get_deployment_tags', { params: { ...params, deployment_id: deploymentId ?? '' } }),
    enabled: deploymentId !== undefined,
    // The tags of a deployment never change.
    staleTime: Infinity,
  });
  return data;
}

/**
 * The tags of the latest deployment; undefined if there are none.
 * @param isDeployed false while no deployment is known: its request would fail
 */
export function useWorkspaceTags(isDeployed = true): string | undefined {
  const { params } = useWorkspace();
  const latest = useQuery({
    ...operation('get_deployment_latest', { params }),
    retry: false,
    enabled: isDeployed,
  });
  const tags = useDeploymentTags(latest.data?.id)?.tags ?? [];
  return tags.length === 0 ? undefined : `Tags of the deployment: ${tags.join(', ')}`;
}

/** Why `__tags__` of a deployment has no effect. */
export function TagsProblem({ problem }: { problem: string | null | undefined }) {
  if (problem == null) return null;
  return (
    <Notice>
      <code>__tags__</code> of <code>__deployment__.py</code> has no effect: {problem}. Write it as{' '}
      <code>__tags__ = [&quot;one&quot;, &quot;two&quot;]</code> and deploy again.
    </Notice>
  );
}
