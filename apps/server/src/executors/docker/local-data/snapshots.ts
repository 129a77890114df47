/**
 * Snapshots of local data, each a volume, and the attempts' copies in their own volumes. Copying is done by
 * the workspace's own user, in a container that sees only the source (read-only) and the target.
 */
import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import type { VolumeInspectInfo } from 'dockerode';
import { readCopyReport } from '../../local-data-names.ts';
import type { CopiedData, LocalDataScope, SnapshotExtent } from '../../contract/local-data-store.ts';
import type { VolumeMount } from '../container-plan.ts';
import { orNull } from '../engine.ts';
import { folders, labels, labelsOf, shortInstallation } from '../names.ts';
import { runShortContainer, type ShortContainerHost } from '../short-container.ts';
import { makeVolume, removeVolume } from '../volumes.ts';

/** Limits of a container that copies or reads local data. */
export const copyingLimits = { memoryBytes: 512 * 1024 * 1024, cpus: null, processes: 16 };

type Names = Pick<LocalDataScope, 'workspaceId' | 'profile'>;

/** A snapshot is complete if a second, empty volume names it; the last complete one counts. */
interface ListedSnapshot {
  volume: string;
  mark: string;
  isWhole: boolean;
  generation: number;
}

async function listSnapshots(
  { engine, installationId }: ShortContainerHost,
  names: Names,
): Promise<ListedSnapshot[]> {
  const wanted = [
    `${labels.installation}=${installationId}`,
    `${labels.workspace}=${names.workspaceId}`,
    `${labels.profile}=${names.profile}`,
  ];
  const { Volumes: volumes } = await engine.listVolumes({ filters: { label: wanted } });
  return readSnapshots(volumes);
}

/** The snapshots among some volumes, the last one first. */
export function readSnapshots(
  volumes: readonly Pick<VolumeInspectInfo, 'Name' | 'Labels'>[],
): ListedSnapshot[] {
  const marked = new Set(
    volumes
      .filter(({ Labels: own }) => own?.[labels.kind] === 'snapshot-mark')
      .map(({ Labels: own }) => own[labels.snapshot]),
  );
  return volumes
    .filter(({ Labels: own }) => own?.[labels.kind] === 'snapshot')
    .map(({ Name: volume, Labels: own }) => ({
      volume,
      mark: markOf(volume),
      isWhole: marked.has(volume),
      generation: Number(own[labels.generation]),
    }))
    .toSorted((a, b) => b.generation - a.generation || (a.volume < b.volume ? 1 : -1));
}

const markOf = (volume: string): string => `${volume}-whole`;

async function findSnapshot(context: ShortContainerHost, names: Names): Promise<string | null> {
  return (await listSnapshots(context, names)).find(({ isWhole }) => isWhole)?.volume ?? null;
}

/** @param of.live the volume of the local data */
export async function takeSnapshot(
  context: ShortContainerHost,
  of: LocalDataScope & { live: string },
  isWhole: (copied: CopiedData) => Promise<boolean>,
  { only }: SnapshotExtent = {},
): Promise<CopiedData | null> {
  const { engine, installationId } = context;
  const before = await listSnapshots(context, of);
  const current = before.find(({ isWhole }) => isWhole);
  // If this fails because an attempt is copying it, the next call removes it.
  for (const other of before)
    if (other !== current) await removeSnapshot(engine, other).catch(() => undefined);
  const short = shortInstallation(installationId);
  const volume = `pumphouse-${short}-snapshot-${of.workspaceId}-${of.profile}-${randomUUID().slice(0, 8)}`;
  const whose = { [labels.workspace]: of.workspaceId, [labels.profile]: of.profile };
  const generation = String((before[0]?.generation ?? 0) + 1);
  let isKept = false;
  try {
    await makeVolume(
      engine,
      volume,
      labelsOf(installationId, 'snapshot', { ...whose, [labels.generation]: generation }),
    );
    const copied = await copyVolume(context, of.uid, {
      source: { volume: of.live, folder: folders.localData, writable: false },
      target: { volume, folder: folders.cache, writable: true },
      targetFolder: folders.cache,
      only,
      snapshot: volume,
    });
    if (copied === null || !(await isWhole(copied))) return null;
    await makeVolume(
      engine,
      markOf(volume),
      labelsOf(installationId, 'snapshot-mark', { ...whose, [labels.snapshot]: volume }),
    );
    isKept = true;
    if (current !== undefined) await removeSnapshot(engine, current).catch(() => undefined);
    return copied;
  } finally {
    if (!isKept) await removeVolume(engine, volume).catch(() => undefined);
  }
}

async function removeSnapshot(engine: Docker, { volume, mark }: ListedSnapshot): Promise<void> {
  await removeVolume(engine, volume);
  await removeVolume(engine, mark);
}

/**
 * Makes the copy in an attempt's volume identical to the snapshot. If the snapshot is replaced and removed
 * meanwhile, it retries with the newer one.
 */
export async function copySnapshot(
  context: ShortContainerHost,
  of: Names & { uid: number },
  attemptVolume: string,
): Promise<void> {
  for (;;) {
    const snapshot = await findSnapshot(context, of);
    if (snapshot === null) return;
    const failure = await copyVolume(context, of.uid, {
      source: { volume: snapshot, folder: folders.localData, writable: false },
      target: { volume: attemptVolume, folder: folders.attempt, writable: true },
      targetFolder: folders.localDataCopy,
      snapshot,
    }).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if ((await findSnapshot(context, of)) !== snapshot) {
      await removeNameless(context.engine, snapshot);
      continue;
    }
    if (failure !== null) throw failure.error;
    return;
  }
}

/**
 * If a container requests a removed volume, engines recreate it without labels, so it would never be found.
 */
async function removeNameless(engine: Docker, volume: string): Promise<void> {
  const found = await orNull(engine.getVolume(volume).inspect());
  if (found !== null && found.Labels?.[labels.kind] === undefined)
    await removeVolume(engine, volume).catch(() => undefined);
}

interface CopyPlan {
  source: VolumeMount;
  target: VolumeMount;
  targetFolder: string;
  only?: string | undefined;
  /** The snapshot that is being created or read. */
  snapshot: string;
}

/**
 * @returns null if runs kept it from completing the copy
 * @throws ExecutorError backend
 */
async function copyVolume(
  context: ShortContainerHost,
  uid: number,
  plan: CopyPlan,
): Promise<CopiedData | null> {
  const { exitCode, stdout, stderr } = await runShortContainer(context, {
    kind: 'copying',
    program: 'copy_data.py',
    arguments: [plan.source.folder, plan.targetFolder, ...(plan.only === undefined ? [] : [plan.only])],
    labels: { [labels.snapshot]: plan.snapshot },
    user: { uid, gid: uid },
    mounts: [plan.source, plan.target],
    network: 'none',
    limits: copyingLimits,
  });
  return readCopyReport(exitCode, stdout, stderr);
}
