/** Plans the pods of attempts and what their `prepare` does. Pure. */
import type { InstanceSize } from '../../domain/jobs/job-definition.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { readEnvironmentName } from './environment-name.ts';
import type { Pod, VolumeMount } from './kube-objects.ts';
import {
  annotations,
  attemptPodName,
  bootstrapFolder,
  environmentVolume,
  exitFile,
  folders,
  labels,
  labelsOf,
  python,
  shortInstallation,
} from './names.ts';
import {
  chooseImage,
  gibibyte,
  mebibyte,
  planPod,
  toQuantity,
  type PodContext,
  type PreparationPlan,
} from './pod-plan.ts';
import { planVolumePaths } from './volume-paths.ts';

/** Time after the grace period for the last output and the exit record. */
export const flushSeconds = 15;
/** A bootstrap delivers what it recorded for a day after its code has ended. */
const deliverySeconds = 86_400;
const diskGibibytes: Record<InstanceSize, number> = { small: 10, medium: 20, large: 40, xlarge: 80 };

/**
 * Plans the pod of an attempt. It contains no secret, because everyone who can read pods can read it; the
 * secret mounted in `prepare` is created after the pod and owned by it.
 */
export function planAttemptPod(spec: AttemptSpec, context: PodContext): Pod {
  const { pythonVersion } = readEnvironmentName(spec.environment.path);
  checkClaim(spec, context);
  const { archive } = spec.environment;
  const mounts: VolumeMount[] = [
    { name: 'record', mountPath: folders.record },
    { name: 'work', mountPath: folders.work },
    planEnvironmentMount(spec),
    ...planLocalDataMounts(spec, context),
  ];
  const disk = diskGibibytes[spec.instanceSize] * gibibyte;
  const environmentBytes = archive === undefined ? 0 : roundUp(archive.unpackedBytes);
  return planPod(
    {
      name: attemptPodName(spec.attemptId),
      labels: labelsOf(spec.installationId, 'attempt', {
        [labels.attempt]: spec.attemptId,
        [labels.run]: spec.jobRunId,
        [labels.claim]: String(spec.claimNumber),
        [labels.network]: spec.network,
        ...(spec.localData === null ? {} : { [labels.workspace]: spec.localData.workspaceId }),
      }),
      annotations: {
        [annotations.environment]: spec.environment.path,
        ...(archive === undefined ? {} : { [annotations.hasArchive]: 'true' }),
        // On the claim, where it has to be removed.
        ...(spec.localData?.access === 'copy' && !isFetched(spec, context)
          ? { [annotations.hasCopy]: 'true' }
          : {}),
      },
      image: chooseImage(context.image, pythonVersion),
      uid: spec.uid,
      command: [python, '-I', '-S', bootstrapFolder, `${folders.record}/start.json`],
      mounts,
      limits: spec.limits,
      // The environment takes nothing from the run's own disk space.
      diskBytes: disk + environmentBytes,
      terminationGracePeriodSeconds: Math.ceil(spec.graceSeconds) + flushSeconds,
      activeDeadlineSeconds:
        spec.timeoutSeconds === null || spec.timeoutSeconds <= 0
          ? null
          : Math.ceil(spec.timeoutSeconds + spec.graceSeconds) + flushSeconds + deliverySeconds,
      volumes: [
        { name: 'record', emptyDir: { sizeLimit: toQuantity(disk / 4) } },
        { name: 'work', emptyDir: { sizeLimit: toQuantity(disk) } },
        ...(isFetched(spec, context)
          ? [{ name: 'local-data', emptyDir: { sizeLimit: toQuantity(disk) } }]
          : []),
        ...(archive === undefined
          ? []
          : [{ name: environmentVolume, emptyDir: { sizeLimit: toQuantity(2 * environmentBytes) } }]),
      ],
      prepareMounts: [
        { name: 'record', mountPath: folders.record },
        { name: 'work', mountPath: folders.work },
        ...(archive === undefined ? [] : [{ name: environmentVolume, mountPath: folders.environment }]),
      ],
    },
    context,
  );
}

/** @throws ExecutorError config for an environment on a claim, without one */
function checkClaim({ environment }: AttemptSpec, { volumeClaim }: PodContext): void {
  if (volumeClaim !== null || environment.archive !== undefined) return;
  throw new ExecutorError(
    'config',
    `The environment ${environment.path} is on a claim. Set PUMPHOUSE_KUBERNETES_VOLUME_CLAIM.`,
  );
}

function planEnvironmentMount({ environment, installationId }: AttemptSpec): VolumeMount {
  const mount = { mountPath: folders.environment, readOnly: true };
  if (environment.archive !== undefined) return { name: environmentVolume, ...mount };
  const subPath = `${planVolumePaths(installationId).environment(environment.path)}/files`;
  return { name: 'claim', ...mount, subPath };
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / mebibyte) * mebibyte;
}

/** Whether the bootstrap fetches the local data, because no claim has it. */
function isFetched({ localData }: AttemptSpec, { volumeClaim }: Pick<PodContext, 'volumeClaim'>): boolean {
  return localData !== null && volumeClaim === null;
}

function planLocalDataMounts(spec: AttemptSpec, context: PodContext): VolumeMount[] {
  const { localData } = spec;
  if (localData === null) return [];
  if (isFetched(spec, context)) return [{ name: 'local-data', mountPath: folders.localData }];
  const paths = planVolumePaths(spec.installationId);
  const subPath =
    localData.access === 'copy'
      ? `${paths.copy(spec.attemptId, spec.uid)}/data`
      : `${paths.localData(localData.workspaceId, localData.profile)}/live`;
  return [{ name: 'claim', mountPath: folders.localData, subPath }];
}

/** Plans the secret of an attempt's pod. */
export function planPreparation(
  spec: AttemptSpec,
  context: Pick<PodContext, 'volumeClaim'> & { usesNodeCache: boolean },
): PreparationPlan {
  return {
    files: [{ path: `${folders.record}/start.json`, content: describeStart(spec, context) }],
    folders: [`${folders.work}/${spec.workFolderName}`],
    volume: context.volumeClaim === null ? null : planVolumePreparation(spec, context),
    environment: planFetch(spec, context.usesNodeCache),
    python: null,
  };
}

function planFetch(
  { environment: { path, archive }, installationId }: AttemptSpec,
  usesNodeCache: boolean,
): PreparationPlan['environment'] {
  if (archive === undefined) return null;
  const { parts, unpackedBytes, sha256 } = archive;
  const root = `${folders.nodeCache}/${shortInstallation(installationId)}`;
  return {
    key: readEnvironmentName(path).key,
    archive: { parts, unpacked_bytes: unpackedBytes, sha256 },
    target: folders.virtualEnvironment,
    cache: usesNodeCache ? { root, name: path } : null,
  };
}

function planVolumePreparation(
  spec: AttemptSpec,
  context: Pick<PodContext, 'volumeClaim'>,
): PreparationPlan['volume'] {
  const paths = planVolumePaths(spec.installationId);
  const localData = isFetched(spec, context) ? null : spec.localData;
  const data = localData === null ? null : paths.localData(localData.workspaceId, localData.profile);
  const copy = localData?.access === 'copy' && data !== null ? paths.copy(spec.attemptId, spec.uid) : null;
  return {
    root: paths.root,
    shared: [
      ...(localData === null ? [] : [`${paths.root}/local-data`]),
      ...(copy === null ? [] : [`${paths.root}/copies`]),
    ],
    own: [
      ...(localData?.access === 'read-write' && data !== null ? [`${data}/live`] : []),
      ...(copy === null ? [] : [`${copy}/data`]),
    ],
    required: spec.environment.archive === undefined ? paths.environment(spec.environment.path) : null,
    copy: copy === null || data === null ? null : { from: data, to: `${copy}/data` },
  };
}

/** The contents of start.json. `prepare` adds the pod's uid and the interpreter. */
function describeStart(spec: AttemptSpec, context: Pick<PodContext, 'volumeClaim'>) {
  const workFolder = `${folders.work}/${spec.workFolderName}`;
  const { localData } = spec;
  return {
    attempt_id: spec.attemptId,
    claim_number: spec.claimNumber,
    attempts_url: spec.attemptsUrl,
    secret: spec.bootstrapSecret,
    folder: folders.record,
    work_folder: workFolder,
    inside_work_folder: workFolder,
    bootstrap_inside: bootstrapFolder,
    environment: folders.virtualEnvironment,
    local_data:
      localData === null
        ? null
        : {
            path: folders.localData,
            source: folders.localData,
            mounted: false,
            written_as: localData.profile,
            ...(isFetched(spec, context) ? { objects: localData.access } : {}),
          },
    // The pod is the sandbox. The level `restricted` allows no second user in it.
    sandbox: [],
    drop_to: null,
    control_groups: { memory: '/sys/fs/cgroup', pids: '/sys/fs/cgroup' },
    exit_file: exitFile,
    grace_seconds: spec.graceSeconds,
  };
}
