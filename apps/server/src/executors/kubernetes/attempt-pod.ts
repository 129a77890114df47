/** Plans the pods of attempts and what their `prepare` does. Pure. */
import type { InstanceSize } from '../../domain/jobs/job-definition.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import { readEnvironmentName } from './environment-name.ts';
import type { Pod, VolumeMount } from './kube-objects.ts';
import {
  annotations,
  attemptPodName,
  bootstrapFolder,
  exitFile,
  folders,
  labels,
  labelsOf,
  python,
} from './names.ts';
import {
  chooseImage,
  gibibyte,
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
  const paths = planVolumePaths(spec.installationId);
  const mounts: VolumeMount[] = [
    { name: 'record', mountPath: folders.record },
    { name: 'work', mountPath: folders.work },
    {
      name: 'claim',
      mountPath: folders.environment,
      subPath: `${paths.environment(spec.environment.path)}/files`,
      readOnly: true,
    },
    ...planLocalDataMounts(spec, context),
  ];
  const disk = diskGibibytes[spec.instanceSize] * gibibyte;
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
      diskBytes: disk,
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
      ],
      prepareMounts: [
        { name: 'record', mountPath: folders.record },
        { name: 'work', mountPath: folders.work },
      ],
    },
    context,
  );
}

/** Whether the bootstrap fetches the local data, because no claim has it. */
function isFetched(
  { localData }: AttemptSpec,
  { localDataInObjects }: Pick<PodContext, 'localDataInObjects'>,
): boolean {
  return localData !== null && localDataInObjects;
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
  context: Pick<PodContext, 'localDataInObjects'>,
): PreparationPlan {
  const paths = planVolumePaths(spec.installationId);
  const localData = isFetched(spec, context) ? null : spec.localData;
  const data = localData === null ? null : paths.localData(localData.workspaceId, localData.profile);
  const copy = localData?.access === 'copy' && data !== null ? paths.copy(spec.attemptId, spec.uid) : null;
  return {
    files: [{ path: `${folders.record}/start.json`, content: describeStart(spec, context) }],
    folders: [`${folders.work}/${spec.workFolderName}`],
    volume: {
      root: paths.root,
      shared: [
        ...(localData === null ? [] : [`${paths.root}/local-data`]),
        ...(copy === null ? [] : [`${paths.root}/copies`]),
      ],
      own: [
        ...(localData?.access === 'read-write' && data !== null ? [`${data}/live`] : []),
        ...(copy === null ? [] : [`${copy}/data`]),
      ],
      required: paths.environment(spec.environment.path),
      copy: copy === null || data === null ? null : { from: data, to: `${copy}/data` },
    },
    python: null,
  };
}

/** The contents of start.json. `prepare` adds the pod's uid and the interpreter. */
function describeStart(spec: AttemptSpec, context: Pick<PodContext, 'localDataInObjects'>) {
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
