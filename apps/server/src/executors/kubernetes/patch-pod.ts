/** Merges the operator's changes into a pod, with the semantics of a strategic merge patch. Pure. */
import type { InstanceSize } from '../../domain/jobs/job-definition.ts';
import type { Container, Pod } from './kube-objects.ts';
import { labels, nodeCacheVolume } from './names.ts';

/** A part of a pod, as an operator writes it. */
export type PodPatch = Record<string, unknown>;

/** The setting: for all pods, then for a size, then for a workspace. A later patch prevails. */
export interface PodPatches {
  pods: PodPatch;
  sizes: Partial<Record<InstanceSize, PodPatch>>;
  /** By id. */
  workspaces: Record<string, PodPatch>;
}

export const noPodPatches: PodPatches = { pods: {}, sizes: {}, workspaces: {} };

/** A patch that cannot be used; the message names the field and says what to do. */
export class PodPatchError extends Error {
  override readonly name = 'PodPatchError';
}

/**
 * The keys by which Kubernetes merges the lists of a Pod. All other lists are replaced as a whole, as
 * `tolerations`. From the fields `patchMergeKey` of the API.
 */
const mergeKeys: Record<string, string> = {
  'metadata.ownerReferences': 'uid',
  'spec.containers': 'name',
  'spec.initContainers': 'name',
  'spec.ephemeralContainers': 'name',
  'spec.volumes': 'name',
  'spec.imagePullSecrets': 'name',
  'spec.hostAliases': 'ip',
  'spec.topologySpreadConstraints': 'topologyKey',
  'spec.schedulingGates': 'name',
  'spec.resourceClaims': 'name',
  'spec.*.env': 'name',
  'spec.*.volumeMounts': 'mountPath',
  'spec.*.volumeDevices': 'devicePath',
  'spec.*.ports': 'containerPort',
};
/** Lists of plain values that are merged. */
const mergedValues = new Set(['metadata.finalizers']);

const containerLists = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/**
 * Applies the patches for a pod.
 * @throws PodPatchError if a patch is not one, or changes a field that Pumphouse depends on
 */
export function patchPod(
  pod: Pod,
  patches: PodPatches,
  { size, workspaceId }: { size: InstanceSize | null; workspaceId: string | null },
): Pod {
  const chosen = [
    patches.pods,
    size === null ? undefined : patches.sizes[size],
    workspaceId === null ? undefined : patches.workspaces[workspaceId],
  ];
  let patched: unknown = pod;
  for (const patch of chosen) if (patch !== undefined) patched = mergeObjects(patched, patch, '');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API server checks what a patch adds
  const result = patched as Pod;
  checkProtected(pod, result);
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mergeObjects(before: unknown, patch: unknown, path: string): unknown {
  if (!isObject(patch)) throw new PodPatchError(`${path || 'The patch'} must be an object.`);
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === 'delete') return undefined;
  if (directive === 'replace') return withoutNulls(fields);
  if (directive !== undefined && directive !== 'merge')
    throw new PodPatchError(`${path}.$patch must be delete, replace or merge.`);
  const result: Record<string, unknown> = isObject(before) ? { ...before } : {};
  if (Array.isArray(retained))
    for (const name of Object.keys(result)) if (!retained.includes(name)) delete result[name];
  for (const [name, value] of Object.entries(fields)) applyField(result, name, value, path);
  return result;
}

function applyField(result: Record<string, unknown>, name: string, value: unknown, path: string): void {
  const [, removed] = /^\$deleteFromPrimitiveList\/(.+)$/.exec(name) ?? [];
  if (removed !== undefined) {
    const listed = result[removed];
    if (Array.isArray(listed) && Array.isArray(value))
      result[removed] = listed.filter((one) => !value.includes(one));
    return;
  }
  // The order of a list has no meaning to this executor.
  if (name.startsWith('$setElementOrder/')) return;
  const at = path === '' ? name : `${path}.${name}`;
  const merged = mergeValue(result[name], value, at);
  if (merged === undefined) delete result[name];
  else result[name] = merged;
}

function mergeValue(before: unknown, value: unknown, path: string): unknown {
  if (value === null) return undefined;
  if (isObject(value)) return mergeObjects(before, value, path);
  if (!Array.isArray(value)) return value;
  if (mergedValues.has(path)) return [...new Set([...(Array.isArray(before) ? before : []), ...value])];
  const key = mergeKeys[toPattern(path)];
  if (key === undefined) return value.map((one) => (isObject(one) ? withoutNulls(one) : one));
  return mergeList(Array.isArray(before) ? before : [], value, { key, path });
}

/** `spec.containers.env` of any container is `spec.*.env`. */
function toPattern(path: string): string {
  const [first = '', list = '', ...rest] = path.split('.');
  return containerLists.has(list) && rest.length > 0 ? [first, '*', ...rest].join('.') : path;
}

function mergeList(
  before: readonly unknown[],
  patches: readonly unknown[],
  { key, path }: { key: string; path: string },
): unknown[] {
  const replaces = patches.some((one) => isObject(one) && one['$patch'] === 'replace' && !(key in one));
  const result: unknown[] = replaces ? [] : [...before];
  for (const patch of patches) {
    if (isObject(patch) && patch['$patch'] === 'replace' && !(key in patch)) continue;
    if (!isObject(patch) || patch[key] === undefined)
      throw new PodPatchError(`Each entry of ${path} needs "${key}", by which it is merged.`);
    const at = result.findIndex((one) => isObject(one) && one[key] === patch[key]);
    const merged = mergeObjects(at === -1 ? {} : result[at], patch, path);
    if (merged === undefined) {
      if (at !== -1) result.splice(at, 1);
    } else if (at === -1) result.push(merged);
    else result[at] = merged;
  }
  return result;
}

function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
}

/** Fields of the pod that must be as this executor plans them. */
const protectedFields = [
  'restartPolicy',
  'automountServiceAccountToken',
  'terminationGracePeriodSeconds',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'shareProcessNamespace',
] as const;

const protectedOfContainer = ['command', 'args', 'lifecycle', 'terminationMessagePath'] as const;

/** @throws PodPatchError */
function checkProtected(before: Pod, after: Pod): void {
  const refuse = (field: string, advice = 'Remove it from the patch.'): never => {
    throw new PodPatchError(`The patch may not change ${field}, on which Pumphouse depends. ${advice}`);
  };
  if (after.metadata.name !== before.metadata.name) refuse('metadata.name');
  if (after.metadata.namespace !== before.metadata.namespace) refuse('metadata.namespace');
  for (const name of Object.values(labels))
    if (after.metadata.labels?.[name] !== before.metadata.labels?.[name]) refuse(`the label ${name}`);
  for (const field of ['finalizers', 'ownerReferences'])
    if (field in after.metadata) refuse(`metadata.${field}`);
  for (const field of protectedFields)
    if (!isSame(before.spec[field], after.spec[field])) refuse(`spec.${field}`);
  checkSecurity(before.spec['securityContext'], after.spec['securityContext'], 'spec.securityContext');
  for (const volume of before.spec.volumes) {
    const found = after.spec.volumes.find(({ name }) => name === volume.name);
    if (found === undefined || (!volume.emptyDir && !isSame(found, volume)))
      refuse(`the volume ${volume.name}`);
  }
  const known = [...before.spec.containers, ...(before.spec.initContainers ?? [])];
  const patched = [...after.spec.containers, ...(after.spec.initContainers ?? [])];
  for (const container of known) {
    const found = patched.find(({ name }) => name === container.name);
    if (found === undefined) return refuse(`the container ${container.name}`);
    checkContainer(container, found, refuse);
  }
}

function checkContainer(before: Container, after: Container, refuse: (field: string) => never): void {
  for (const field of protectedOfContainer)
    if (!isSame(Reflect.get(before, field), Reflect.get(after, field)))
      refuse(`${field} of the container ${before.name}`);
  for (const mount of before.volumeMounts)
    if (!after.volumeMounts.some((one) => isSame(one, mount)))
      refuse(`the mount ${mount.mountPath} of the container ${before.name}`);
  const own = new Set(before.volumeMounts.map(({ name }) => name));
  const added = after.volumeMounts.find(
    (one) => !own.has(one.name) && protectedVolumes.has(one.name) && before.name === 'run',
  );
  if (added !== undefined) refuse(`the mount ${added.mountPath} of the container run`);
  checkSecurity(
    before.securityContext,
    after.securityContext,
    `securityContext of the container ${before.name}`,
  );
}

/** Volumes that user code must not see. */
const protectedVolumes = new Set(['secret', 'bootstrap', nodeCacheVolume]);

/** A patch may add fields, as seLinuxOptions, and may not weaken what the level `restricted` demands. */
function checkSecurity(before: unknown, after: unknown, where: string): void {
  if (!isObject(before)) return;
  for (const [field, value] of Object.entries(before))
    if (!isObject(after) || !isSame(after[field], value))
      throw new PodPatchError(
        `The patch may not change ${field} in ${where}: runs are isolated by it. Remove it from the patch.`,
      );
  if (isObject(after) && after['privileged'] === true)
    throw new PodPatchError(`The patch may not set privileged in ${where}. Remove it from the patch.`);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(toSorted(one)) === JSON.stringify(toSorted(other));
}

function toSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, toSorted(each)]),
  );
}
