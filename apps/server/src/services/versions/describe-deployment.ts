import type { DeploymentRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type DescribeDeployment = ReturnType<typeof createDescribeDeployment>;

/** Creates a function that sets, replaces or removes the message of a deployment. */
export function createDescribeDeployment(
  persistence: Persistence<'auditLog' | 'deployments' | 'workspaces'>,
) {
  /** @throws ServiceError not_found, workspace_archived */
  return function describeDeployment(
    { workspaceId, deploymentId }: { workspaceId: string; deploymentId: string },
    message: string | null,
  ): Promise<DeploymentRecord> {
    return persistence.transaction(async (tx) => {
      const workspace = await tx.workspaces.lock(workspaceId);
      if (workspace?.archivedAt)
        throw new ServiceError('workspace_archived', 'The workspace is archived; restore it first.');
      const deployment = await tx.deployments.get(workspaceId, deploymentId);
      if (!deployment) throw new ServiceError('not_found', `There is no deployment ${deploymentId}.`);
      if (deployment.message === message) return deployment;
      await recordChange(tx, {
        workspaceId,
        action: 'deployment.set-message',
        target: { kind: 'deployment', id: deployment.id, name: `version ${deployment.version}` },
        before: { message: deployment.message },
        after: { message },
      });
      return tx.deployments.setMessage(deployment.id, message);
    });
  };
}
