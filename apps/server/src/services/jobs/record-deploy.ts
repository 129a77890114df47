import type { DeployResult } from './deploy-result.ts';
import type { StartedJob } from '../runs/start-request.ts';
import type { Store } from '../../store/store.ts';
import { nameSome } from '../runs/record-starts.ts';
import { recordChange } from '../audit/audit.ts';

/** Records what a deploy did to the jobs of a workspace; nothing if it changed and started nothing. */
export async function recordDeploy(
  store: Pick<Store, 'auditLog' | 'workspaces'>,
  workspaceId: string,
  done: DeployResult & { started: readonly StartedJob[]; cancelled: readonly string[]; isTouched: boolean },
): Promise<void> {
  const { jobs, started, cancelled, isTouched } = done;
  const refsOf = (outcome: string) =>
    jobs.filter((one) => one.outcome === outcome).map(({ job }) => job.jobRef);
  const [created, updated, archived] = [refsOf('created'), refsOf('updated'), refsOf('archived')];
  const changedCount = created.length + updated.length + archived.length;
  if (changedCount === 0 && started.length === 0 && !isTouched) return;
  const workspace = await store.workspaces.get(workspaceId);
  await recordChange(store, {
    workspaceId,
    action: 'workspace.deploy',
    target: { kind: 'workspace', id: workspaceId, name: workspace?.name ?? null },
    before: null,
    after: {
      deployment_module: done.deploymentModule,
      created_count: created.length,
      updated_count: updated.length,
      archived_count: archived.length,
      unchanged_count: jobs.length - changedCount,
      created: nameSome(created),
      updated: nameSome(updated),
      archived: nameSome(archived),
      started_runs: nameSome(started.flatMap(({ run }) => (run ? [run.id] : []))),
      cancelled_run_count: cancelled.length,
    },
  });
}
