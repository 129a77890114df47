import type { JobRunRecord } from '../runs/job-run-record.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';
import { runColumns } from '../runs/job-run-record.ts';

/** What a run builds the manifest from. */
export interface ManifestBuildKey {
  deploymentId: string;
  configurationId: string;
  module: string;
  useAll: boolean;
}

export type ManifestBuildStore = ReturnType<typeof createManifestBuildStore>;

/** Stores what runs that build manifests are for. Their results are job results. */
export function createManifestBuildStore(sql: Queryable) {
  return {
    insert: (jobRunId: string, key: ManifestBuildKey) =>
      sql.execute(
        named(
          `insert into manifest_builds (job_run_id, deployment_id, configuration_id, module, use_all)
           values (:jobRunId, :deploymentId, :configurationId, :module, :useAll)`,
          { ...key, jobRunId },
        ),
      ),

    /** Finds the newest run for the key that is active or completed. */
    findUsable: (key: ManifestBuildKey) =>
      sql.maybeOne<JobRunRecord>(
        named(
          `select ${runColumns} from manifest_builds join job_runs on job_runs.id = manifest_builds.job_run_id
            where manifest_builds.deployment_id = :deploymentId and manifest_builds.configuration_id = :configurationId
              and manifest_builds.module = :module and manifest_builds.use_all = :useAll
              and job_runs.status in ('pending', 'starting', 'running', 'completed')
            order by manifest_builds.created_at desc, job_runs.number desc limit 1`,
          { ...key },
        ),
      ),

    /** Finds the run of a build of this deployment. */
    find: (scope: { workspaceId: string; deploymentId: string; jobRunId: string }) =>
      sql.maybeOne<JobRunRecord>(
        named(
          `select ${runColumns} from manifest_builds join job_runs on job_runs.id = manifest_builds.job_run_id
            where manifest_builds.job_run_id = :jobRunId and manifest_builds.deployment_id = :deploymentId
              and job_runs.workspace_id = :workspaceId`,
          scope,
        ),
      ),
  };
}
