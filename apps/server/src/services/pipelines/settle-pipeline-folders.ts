import type { PendingLimits, ReportedPackage } from '../../domain/pipelines/pending-packages.ts';
import type { LeftPipelineFolder, ReportingAttempt } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { readPendingReport } from '../../domain/pipelines/pending-packages.ts';

const dayMs = 86_400_000;

/**
 * Brings the list of pending packages up to date with the working folders that the server keeps, when an attempt ends: removes
 * folders that are too old or that a member wants dropped, and lists what the others have. Called in the transaction that
 * stores the end.
 * @param limits null: no folder is too old
 */
export async function settlePipelineFolders(
  { pendingPackages, pipelineFolders }: Pick<Store, 'pendingPackages' | 'pipelineFolders'>,
  attempt: ReportingAttempt & { attemptId: string },
  limits: Pick<PendingLimits, 'maxDays'> | null,
): Promise<void> {
  // Runs of all workers and of the servers share these folders.
  const scope = { ...attempt, workerId: null };
  const left = (await pipelineFolders.listLeft(scope, attempt.attemptId)).map(describe);
  const unwanted = new Set(
    (await pendingPackages.listUnwanted(scope)).map(
      ({ pipelineName, loadId }) => `${pipelineName} ${loadId}`,
    ),
  );
  const oldest = limits === null ? -Infinity : Date.now() - limits.maxDays * dayMs;
  const isDropped = ({ packages }: DescribedFolder) =>
    packages.some(
      ({ pipelineName, loadId, createdAt }) =>
        unwanted.has(`${pipelineName} ${loadId}`) || createdAt.getTime() < oldest,
    );
  const dropped = left.filter(isDropped);
  if (dropped.length > 0) {
    await pipelineFolders.removeLeft(
      dropped.map(({ id }) => id),
      attempt.attemptId,
    );
    await pendingPackages.end({ ...scope, jobRunId: null }, listDropped(dropped));
  }
  const packages = left.filter((folder) => !isDropped(folder)).flatMap((folder) => folder.packages);
  if (packages.length > 0) await pendingPackages.save(scope, packages);
  await pendingPackages.endMissing(scope, packages, null);
}

/**
 * Drops the folders of a pipeline that no open attempt owns.
 * @returns how many
 */
export async function dropPipelineFolders(
  { pendingPackages, pipelineFolders }: Pick<Store, 'pendingPackages' | 'pipelineFolders'>,
  { pipelineName, ...key }: { workspaceId: string; profile: string; pipelineName: string },
): Promise<number> {
  const found = (await pipelineFolders.listOfPipeline(key, pipelineName)).map(describe);
  if (found.length === 0) return 0;
  const ids = found.map(({ id }) => id);
  const removed = new Set((await pipelineFolders.removeLeft(ids, null)).map(({ id }) => id));
  const dropped = found.filter(({ id }) => removed.has(id));
  await pendingPackages.end({ ...key, workerId: null, jobRunId: null }, listDropped(dropped));
  return dropped.length;
}

interface DescribedFolder {
  id: string;
  packages: ReportedPackage[];
}

function describe({ id, attemptId, pipelineName, packages }: LeftPipelineFolder): DescribedFolder {
  const report = readPendingReport({ packages });
  return { id, packages: report.packages.map((each) => ({ ...each, pipelineName, attemptId })) };
}

const listDropped = (folders: readonly DescribedFolder[]) =>
  folders.flatMap(({ packages }) =>
    packages.map(({ pipelineName, loadId }) => ({ pipelineName, loadId, state: 'dropped' as const })),
  );
