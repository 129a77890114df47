/** Names and labels of everything that this executor creates, by which it is found again after any crash. */
import { createHash } from 'node:crypto';

export const executorName = 'kubernetes';

const prefix = 'pumphouse.dev';

/** Labels of pods, secrets and network policies. */
export const labels = {
  installation: `${prefix}/installation`,
  kind: `${prefix}/kind`,
  attempt: `${prefix}/attempt`,
  run: `${prefix}/run`,
  workspace: `${prefix}/workspace`,
  claim: `${prefix}/claim`,
  network: `${prefix}/network`,
  /** `finished`: its end was recorded, so that no server reads it again. */
  state: `${prefix}/state`,
} as const;

/** Annotations, for values that labels cannot hold. */
export const annotations = {
  environmentKey: `${prefix}/environment-key`,
  environment: `${prefix}/environment`,
  /** The environment is an archive on the server. */
  hasArchive: `${prefix}/has-archive`,
  /** The attempt has a copy of local data. */
  hasCopy: `${prefix}/has-copy`,
} as const;

export type ObjectKind = 'attempt' | 'build' | 'volume' | 'environment' | 'network';

/** Containers of a pod: `prepare` runs before user code, `run` is the bootstrap. */
export const containers = { prepare: 'prepare', run: 'run' } as const;

/** Folders as the containers see them. */
export const folders = {
  code: '/pumphouse/code',
  archive: '/pumphouse/archive',
  secret: '/pumphouse/secret',
  /** The whole claim: only programs of Pumphouse see it. */
  volume: '/pumphouse/volume',
  record: '/attempt/record',
  work: '/attempt/work',
  localData: '/local-data',
  /** Environments of this node: only `prepare` sees them all. */
  nodeCache: '/pumphouse/node-cache',
  environment: '/environment',
  virtualEnvironment: '/environment/venv',
  cache: '/cache',
} as const;

/** The volume of an attempt into which `prepare` unpacks the environment. */
export const environmentVolume = 'environment';
/** A volume that only the operator's patch adds. */
export const nodeCacheVolume = 'node-cache';

export const bootstrapFolder = `${folders.code}/pumphouse_bootstrap`;
/** Found in the image's PATH. */
export const python = 'python3';
/** The kubelet reads the exit record from here when the container has ended. */
export const exitFile = '/dev/termination-log';

/** A short, stable id of an installation, for the names of its objects and for its folder in the claim. */
export function shortInstallation(installationId: string): string {
  return createHash('sha256').update(installationId).digest('hex').slice(0, 10);
}

const podPrefix = 'pumphouse-';

export function attemptPodName(attemptId: string): string {
  return `${podPrefix}${attemptId}`;
}

export function labelsOf(
  installationId: string,
  kind: ObjectKind,
  more: Record<string, string> = {},
): Record<string, string> {
  const all = { [labels.installation]: installationId, [labels.kind]: kind, ...more };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, toLabelValue(value)]));
}

/** Kubernetes allows 63 characters; longer or unusual values become a hash. */
function toLabelValue(value: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(value)) return value;
  return createHash('sha256').update(value).digest('hex').slice(0, 40);
}

/** Selects objects by labels; `finished` ones are left out. */
export function selectorOf(installationId: string, kind?: ObjectKind): string {
  const own = Object.entries(labelsOf(installationId, kind ?? 'attempt'))
    .filter(([name]) => kind !== undefined || name !== labels.kind)
    .map(([name, value]) => `${name}=${value}`);
  return [...own, `${labels.state}!=finished`].join(',');
}
