/** Disk usage of an installation's volumes, as reported by the engine. */
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { engineMessage } from './engine.ts';
import { filterOf, labels, type ObjectKind } from './names.ts';
import type { ListedCache } from '../contract/environment-builder.ts';

export interface MeasuredVolume {
  name: string;
  labels: Record<string, string>;
  madeAt: Date;
  /** Null if the engine does not report it. */
  sizeBytes: number | null;
}

/** The engine scans all files for a response, so a response is cached briefly. */
const keptMilliseconds = 5000;

const retryPausesMilliseconds = [100, 300, 1000, 3000];

type Sizes = ReadonlyMap<string, number>;

interface DiskUsage {
  Volumes?: { Name: string; UsageData?: { Size?: number } | null }[] | null;
}

/** Creates a reader that lists and measures an installation's volumes. */
export function createVolumeSizes(engine: Docker, installationId: string) {
  let kept: { sizes: Promise<Sizes>; until: number } | null = null;

  async function ask(): Promise<Sizes> {
    const { Volumes: volumes } = await readDiskUsage(engine);
    // -1 means that the engine does not know the size.
    const counted = (volumes ?? []).flatMap(({ Name: name, UsageData: data }): [string, number][] =>
      typeof data?.Size === 'number' && data.Size >= 0 ? [[name, data.Size]] : [],
    );
    return new Map(counted);
  }

  function askOnce(): Promise<Sizes> {
    if (kept !== null && kept.until > performance.now()) return kept.sizes;
    const sizes = ask();
    kept = { sizes, until: performance.now() + keptMilliseconds };
    sizes.catch(() => (kept = null));
    return sizes;
  }

  /**
   * Measures the volumes of one kind, or all. A volume that is newer than the cached response causes a new
   * request.
   */
  return async function measureVolumes(kind?: ObjectKind): Promise<MeasuredVolume[]> {
    const { Volumes: volumes } = await engine.listVolumes({ filters: filterOf(installationId, kind) });
    let sizes = volumes.length === 0 ? new Map<string, number>() : await askOnce();
    if (volumes.some(({ Name: name }) => !sizes.has(name))) {
      kept = null;
      sizes = await askOnce();
    }
    return volumes.map((volume) => ({
      name: volume.Name,
      labels: volume.Labels ?? {},
      madeAt: madeAt(volume),
      sizeBytes: sizes.get(volume.Name) ?? null,
    }));
  };
}

/** Podman fails if a volume goes away while it measures the others. */
async function readDiskUsage(
  engine: Docker,
  [pause, ...others] = retryPausesMilliseconds,
): Promise<DiskUsage> {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dockerode declares any
    return (await engine.df()) as DiskUsage;
  } catch (error) {
    if (pause === undefined || !engineMessage(error).endsWith('no such file or directory')) throw error;
    await sleep(pause);
    return readDiskUsage(engine, others);
  }
}

/** When a volume was created; the client's types lack this property. */
export function madeAt(volume: Docker.VolumeInspectInfo): Date {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API has a field that dockerode does not declare
  return new Date((volume as { CreatedAt?: string }).CreatedAt ?? 0);
}

/** The caches of organizations, which have a volume for each workspace. */
export function sumCaches(volumes: readonly MeasuredVolume[]): ListedCache[] {
  const caches = new Map<string, ListedCache>();
  for (const { labels: own, sizeBytes, madeAt: changedAt } of volumes) {
    const organizationId = own[labels.organization] ?? '';
    const before = caches.get(organizationId);
    const isLater = before !== undefined && before.changedAt > changedAt;
    caches.set(organizationId, {
      organizationId,
      sizeBytes: (before?.sizeBytes ?? 0) + (sizeBytes ?? 0),
      changedAt: isLater ? before.changedAt : changedAt,
    });
  }
  return [...caches.values()];
}

/** Names of the volumes of an organization's cache. */
export async function listCacheVolumes(
  engine: Docker,
  installationId: string,
  organizationId: string,
): Promise<string[]> {
  const { Volumes: volumes } = await engine.listVolumes({ filters: filterOf(installationId, 'cache') });
  return (volumes ?? [])
    .filter(({ Labels: own }) => own?.[labels.organization] === organizationId)
    .map(({ Name: name }) => name);
}
