/** All resources of an installation on an engine, found by their labels only. */
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Resource, ResourceOwner } from '../../domain/retention/resource.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { readSnapshots } from './local-data/snapshots.ts';
import { removeVolume } from './volumes.ts';
import { isConflict, isMissing, orNull } from './engine.ts';
import { filterOf, labels, readAssignedAttempt, type ObjectKind } from './names.ts';
import { madeAt, type MeasuredVolume } from './volume-sizes.ts';

type Labels = Record<string, string>;

const removalPauses = [20, 50, 100, 200, 500, 1000, 2000, 3000];

/**
 * Lists containers first, because the resources they use cannot be removed before them.
 * @param bootstrap fingerprint of the bootstrap whose runner images are needed
 * @param sizes sizes of volumes, if requested
 */
export async function listResources(
  engine: Docker,
  { installationId, bootstrap }: { installationId: string; bootstrap: string },
  sizes: readonly MeasuredVolume[],
): Promise<Resource[]> {
  const filters = filterOf(installationId);
  const runnerImages = { label: [labels.runner] };
  const [containers, volumes, networks, images] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listVolumes({ filters }),
    engine.listNetworks({ filters }),
    engine.listImages({ filters: runnerImages }),
  ]);
  const bytes = new Map(sizes.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const used = new Set(containers.map(({ ImageID: id }) => id));
  const needed = findNeededSnapshots(containers, volumes.Volumes);
  const slots = findSlots(containers, volumes.Volumes);
  const describe = (id: string, own: Labels, listedAt: Date) => {
    if (own[labels.kind] !== 'slot') return { id, owner: ownerOf(id, own, needed), madeAt: listedAt };
    const { owner, assignedAt } = slots.get(own[labels.slot] ?? '') ?? forgottenSlot;
    return { id, owner, madeAt: assignedAt ?? listedAt };
  };
  return [
    ...containers.map(({ Names: names, Labels: own, Created: made, State: state }) => ({
      kind: 'container' as const,
      ...describe(nameOf(names), own, fromSeconds(made)),
      ...(isCopying(own, state) ? { owner: { kind: 'installation' as const } } : {}),
      sizeBytes: null,
    })),
    ...volumes.Volumes.map((volume) => ({
      kind: 'volume' as const,
      ...describe(volume.Name, volume.Labels, madeAt(volume)),
      sizeBytes: bytes.get(volume.Name) ?? null,
    })),
    ...networks.map(({ Name: id, Labels: own, Created: made }) => ({
      kind: 'network' as const,
      id,
      owner: ownerOf(id, own ?? {}, needed),
      madeAt: new Date(made),
      sizeBytes: null,
    })),
    ...images
      .filter(({ Labels: own }) => own?.[labels.installation] === installationId)
      .map((image) => ({
        kind: 'image' as const,
        id: image.Id,
        owner: {
          kind: 'runner-image' as const,
          replacedAt: used.has(image.Id) ? null : findReplacement(image, images, bootstrap),
        },
        madeAt: fromSeconds(image.Created),
        sizeBytes: image.Size,
      })),
  ];
}

function nameOf(names: readonly string[]): string {
  return (names[0] ?? '').replace(/^\//, '');
}

interface SlotDetails {
  owner: ResourceOwner;
  /** When the attempt got the slot, by its own volume; null for a slot without one. */
  assignedAt: Date | null;
}

const forgottenSlot: SlotDetails = { owner: { kind: 'nobody' }, assignedAt: null };

/**
 * Finds by slot the owner of its container and its volume: its attempt, or as long as it waits for one, the
 * installation. A slot ends by itself when its server is gone.
 */
function findSlots(
  containers: readonly Docker.ContainerInfo[],
  volumes: readonly Docker.VolumeInspectInfo[],
): Map<string, SlotDetails> {
  const attempts = new Map(
    volumes.flatMap((volume) => {
      const attemptId = volume.Labels?.[labels.attempt];
      return attemptId === undefined ? [] : [[attemptId, madeAt(volume)] as const];
    }),
  );
  return new Map(
    containers.flatMap(({ Names: names, Labels: own, State: state }): [string, SlotDetails][] => {
      const slotId = own[labels.slot];
      if (slotId === undefined) return [];
      const attemptId = readAssignedAttempt(nameOf(names));
      if (attemptId !== null)
        return [
          [slotId, { owner: { kind: 'attempt', attemptId }, assignedAt: attempts.get(attemptId) ?? null }],
        ];
      if (state !== 'running') return [];
      return [[slotId, { owner: { kind: 'installation' }, assignedAt: null }]];
    }),
  );
}

const fromSeconds = (seconds: number): Date => new Date(seconds * 1000);

/**
 * An object with the installation's label but an unknown kind was created by unknown software and is left
 * alone.
 */
function ownerOf(name: string, own: Labels, neededSnapshots: ReadonlySet<string>): ResourceOwner {
  const read = (label: string): string => own[label] ?? '';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this executor writes the label; the switch has a default
  switch (own[labels.kind] as ObjectKind | undefined) {
    case 'attempt':
      return { kind: 'attempt', attemptId: read(labels.attempt) };
    case 'environment':
      return { kind: 'environment', path: name, key: read(labels.environmentKey) };
    case 'build':
      return { kind: 'build', key: read(labels.environmentKey) };
    case 'cache':
      return { kind: 'cache', organizationId: read(labels.organization) };
    case 'local-data':
      return { kind: 'local-data', workspaceId: read(labels.workspace), profile: read(labels.profile) };
    case 'snapshot':
    case 'snapshot-mark':
      return neededSnapshots.has(read(labels.snapshot) || name)
        ? { kind: 'local-data', workspaceId: read(labels.workspace), profile: read(labels.profile) }
        : { kind: 'nobody' };
    case 'copying':
    case 'reading':
      return { kind: 'nobody' };
    default:
      return { kind: 'installation' };
  }
}

/** A container that is still copying or reading ends on its own, however long that takes. */
function isCopying(own: Labels, state: string): boolean {
  return (own[labels.kind] === 'copying' || own[labels.kind] === 'reading') && state === 'running';
}

/** The last complete snapshot of each workspace and profile, and those being copied. */
function findNeededSnapshots(
  containers: readonly Docker.ContainerInfo[],
  volumes: readonly Docker.VolumeInspectInfo[],
): ReadonlySet<string> {
  const scopes = Map.groupBy(volumes, ({ Labels: own }) =>
    [own?.[labels.workspace], own?.[labels.profile]].join('/'),
  );
  const last = [...scopes.values()].flatMap(
    (some) => readSnapshots(some).find(({ isWhole }) => isWhole)?.volume ?? [],
  );
  const copied = containers.flatMap(({ Labels: own, State: state }) =>
    isCopying(own, state) ? (own[labels.snapshot] ?? []) : [],
  );
  return new Set([...last, ...copied]);
}

/**
 * When an image of this version replaced an image of another version; null if none did. After a downgrade the
 * replacement is an older image, whose age does not tell since when it is in use.
 */
function findReplacement(
  image: Docker.ImageInfo,
  images: readonly Docker.ImageInfo[],
  bootstrap: string,
): Date | null {
  if (image.Labels?.[labels.bootstrap] === bootstrap) return null;
  const python = image.Labels?.[labels.python];
  const current = images.filter(
    ({ Labels: own }) => own?.[labels.bootstrap] === bootstrap && own[labels.python] === python,
  );
  if (current.length === 0) return null;
  const since = Math.min(...current.map(({ Created: made }) => made));
  return fromSeconds(Math.max(since, image.Created));
}

/** @throws ExecutorError backend while it is in use, config for local data */
export async function removeResource(
  engine: Docker,
  installationId: string,
  { kind, id }: Pick<Resource, 'kind' | 'id'>,
  faultPoints: FaultPoints,
): Promise<void> {
  const own = await readLabels(engine, kind, id);
  if (own?.[labels.installation] !== installationId) return;
  if (own[labels.kind] === 'local-data' || (await isNeededSnapshot(engine, installationId, id, own))) {
    throw new ExecutorError(
      'config',
      `${id} contains the data of a workspace, which is never removed automatically.`,
    );
  }
  if (own[labels.kind] === 'environment') await faultPoints.reach('in-environment-removal');
  if (kind === 'container') return removeByForce(engine, id);
  if (kind === 'volume') return removeVolume(engine, id);
  if (kind === 'network') return void (await orNull(engine.getNetwork(id).remove()));
  if (kind === 'image') await orNull(engine.getImage(id).remove());
}

async function isNeededSnapshot(
  engine: Docker,
  installationId: string,
  id: string,
  own: Labels,
): Promise<boolean> {
  if (own[labels.kind] !== 'snapshot' && own[labels.kind] !== 'snapshot-mark') return false;
  const { Volumes: volumes } = await engine.listVolumes({ filters: filterOf(installationId) });
  return findNeededSnapshots([], volumes).has(own[labels.snapshot] ?? id);
}

async function readLabels(engine: Docker, kind: Resource['kind'], id: string): Promise<Labels | null> {
  switch (kind) {
    case 'container':
      return (await orNull(engine.getContainer(id).inspect()))?.Config.Labels ?? null;
    case 'volume':
      return (await orNull(engine.getVolume(id).inspect()))?.Labels ?? null;
    case 'network':
      return ((await orNull(engine.getNetwork(id).inspect())) as { Labels?: Labels } | null)?.Labels ?? null;
    case 'image':
      return (await orNull(engine.getImage(id).inspect()))?.Config.Labels ?? null;
    default:
      return null;
  }
}

/** Kills its processes too. Another server may be removing it at the same time. */
async function removeByForce(engine: Docker, name: string): Promise<void> {
  const container = engine.getContainer(name);
  for (const pause of removalPauses) {
    try {
      await container.remove({ v: true, force: true });
      return;
    } catch (error) {
      if (isMissing(error)) return;
      if (!isConflict(error)) throw error;
    }
    await sleep(pause);
  }
  throw new ExecutorError('backend', `The container ${name} could not be removed.`);
}
