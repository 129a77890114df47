/** Names and labels of everything that this executor creates, by which it is found again after any crash. */
import { createHash } from 'node:crypto';
import type { LocalDataScope } from '../contract/local-data-store.ts';

export const executorName = 'docker';

/** Default name of runner images. */
export const defaultRunnerImage = 'localhost/pumphouse-runner:{python}';

/** Labels of containers, volumes and networks. */
export const labels = {
  installation: 'pumphouse.installation',
  kind: 'pumphouse.kind',
  attempt: 'pumphouse.attempt',
  run: 'pumphouse.run',
  organization: 'pumphouse.organization',
  workspace: 'pumphouse.workspace',
  profile: 'pumphouse.profile',
  environmentKey: 'pumphouse.environment-key',
  network: 'pumphouse.network',
  snapshot: 'pumphouse.snapshot',
  generation: 'pumphouse.generation',
  engine: 'pumphouse.engine',
  python: 'pumphouse.python',
  base: 'pumphouse.base',
  bootstrap: 'pumphouse.bootstrap',
  runner: 'pumphouse.runner',
  certificates: 'pumphouse.certificates',
  slot: 'pumphouse.slot',
} as const;

export type ObjectKind =
  | 'attempt'
  | 'slot'
  | 'build'
  | 'environment'
  | 'cache'
  | 'local-data'
  | 'snapshot'
  | 'snapshot-mark'
  | 'copying'
  | 'reading'
  | 'engine'
  | 'open'
  | 'closed';

/** Folders of a container, created by the runner image as mount points for volumes. */
export const folders = {
  attempt: '/attempt',
  record: '/attempt/record',
  work: '/attempt/work',
  localData: '/local-data',
  localDataCopy: '/attempt/local-data',
  environment: '/environment',
  virtualEnvironment: '/environment/venv',
  cache: '/cache',
} as const;

/** Programs of a container, installed by the runner image. */
export const programs = {
  python: '/opt/pumphouse/bin/python',
  uv: '/opt/pumphouse/bin/uv',
  bootstrap: '/opt/pumphouse/pumphouse_bootstrap',
} as const;

export const certificateBundle = '/etc/ssl/certs/ca-certificates.crt';

/** A short, stable id of an installation: bridge names have at most 15 characters. */
export function shortInstallation(installationId: string): string {
  return createHash('sha256').update(installationId).digest('hex').slice(0, 10);
}

const attemptPrefix = 'pumphouse-';
const slotPrefix = `${attemptPrefix}slot-`;

export function attemptName(attemptId: string): string {
  return `${attemptPrefix}${attemptId}`;
}

export function attemptVolume(installationId: string, attemptId: string): string {
  return `pumphouse-${shortInstallation(installationId)}-attempt-${attemptId}`;
}

export function localDataVolume({
  installationId,
  workspaceId,
  profile,
}: Omit<LocalDataScope, 'uid'>): string {
  return `pumphouse-${shortInstallation(installationId)}-data-${workspaceId}-${profile}`;
}

/** The container of a slot until an attempt is assigned, which renames it. */
export function slotName(slotId: string): string {
  return `${slotPrefix}${slotId}`;
}

export function slotVolume(installationId: string, slotId: string): string {
  return `pumphouse-${shortInstallation(installationId)}-slot-${slotId}`;
}

/** The attempt that a slot's container has by now; null if it still waits. */
export function readAssignedAttempt(containerName: string): string | null {
  return containerName.startsWith(slotPrefix) ? null : containerName.slice(attemptPrefix.length);
}

/** Labels of an object; `filterOf` finds it by them. */
export function labelsOf(
  installationId: string,
  kind: ObjectKind,
  more: Record<string, string> = {},
): Record<string, string> {
  return { [labels.installation]: installationId, [labels.kind]: kind, ...more };
}

/** A filter for the engine's lists: all objects of the installation, or those of one kind. */
export function filterOf(installationId: string, kind?: ObjectKind): { label: string[] } {
  const wanted = [`${labels.installation}=${installationId}`];
  return { label: kind === undefined ? wanted : [...wanted, `${labels.kind}=${kind}`] };
}
