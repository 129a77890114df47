/** Plans the pods that build environments and what their `prepare` does. Pure. */
import { randomUUID } from 'node:crypto';
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import type { ArchiveUpload, EnvironmentSpec } from '../contract/environment-builder.ts';
import { planBuildFiles, planBuildSteps, planBuildVariables, type BuildStep } from '../environment-steps.ts';
import type { Pod, Volume, VolumeMount } from './kube-objects.ts';
import {
  annotations,
  bootstrapFolder,
  folders,
  labels,
  labelsOf,
  python,
  shortInstallation,
  environmentVolume,
  exitFile,
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

const diskBytes = 20 * gibibyte;
const graceSeconds = 2;

const paths = {
  environment: folders.virtualEnvironment,
  cache: folders.cache,
  plan: folders.record,
  // `prepare` finds the programs of the image.
  uv: '{uv}',
  hooks: `${bootstrapFolder}/environment_hooks`,
};
const certificateBundle = '/etc/ssl/certs/ca-certificates.crt';

export function planEnvironmentSteps(spec: EnvironmentSpec): BuildStep[] {
  return planBuildSteps(paths, '{python}', spec);
}

/** Where a build puts the environment: in a folder of the claim, or in an archive on the server. */
export type BuildTarget = { kind: 'claim'; name: string } | { kind: 'archive'; upload: ArchiveUpload };

/** Plans the secret of a build's pod. */
export function planBuildPreparation(
  spec: EnvironmentSpec,
  target: BuildTarget,
  installationId: string,
): PreparationPlan {
  const volume = planVolumePaths(installationId);
  const keyFile = (name: string) => `${folders.volume}/${volume.environment(name)}/key`;
  return {
    files: [
      ...planBuildFiles(spec).map(({ name, content }) => ({ path: `${paths.plan}/${name}`, content })),
      {
        path: `${folders.record}/build.json`,
        content: {
          machine: null,
          drop_to: null,
          steps: planEnvironmentSteps(spec),
          variables: planBuildVariables(spec, paths, certificateBundle),
          masked_values: spec.maskedValues,
          archive: target.kind === 'claim' ? null : describeUpload(target.upload),
        },
      },
      ...(target.kind === 'claim' ? [{ path: keyFile(target.name), content: spec.key }] : []),
    ],
    folders: [],
    volume: target.kind === 'claim' ? planBuildVolume(spec, target.name, installationId) : null,
    environment: null,
    python: spec.pythonVersion,
  };
}

function describeUpload(upload: ArchiveUpload) {
  return { ...upload, source: folders.virtualEnvironment, report: exitFile };
}

function planBuildVolume(
  spec: EnvironmentSpec,
  name: string,
  installationId: string,
): PreparationPlan['volume'] {
  const volume = planVolumePaths(installationId);
  return {
    root: volume.root,
    shared: [volume.environments, `${volume.root}/caches`, `${volume.root}/caches/${spec.organizationId}`],
    own: [`${volume.environment(name)}/files`, volume.cache(spec.organizationId, spec.workspaceId, spec.uid)],
    required: null,
    copy: null,
  };
}

export function planBuildPod(
  spec: EnvironmentSpec,
  target: BuildTarget,
  { context, limits }: { context: PodContext; limits: AttemptLimits },
): Pod {
  const { installationId } = context;
  const { mounts, volumes } = planBuildFolders(spec, target, installationId);
  return planPod(
    {
      name: `pumphouse-${shortInstallation(installationId)}-build-${randomUUID().slice(0, 13)}`,
      labels: labelsOf(installationId, 'build', {
        [labels.workspace]: spec.workspaceId,
        [labels.network]: 'outgoing',
      }),
      annotations: { [annotations.environmentKey]: spec.key },
      image: chooseImage(context.image, spec.pythonVersion),
      uid: spec.uid,
      command: [
        python,
        '-I',
        '-S',
        `${bootstrapFolder}/environment_build.py`,
        `${folders.record}/build.json`,
      ],
      mounts: [{ name: 'record', mountPath: folders.record }, ...mounts],
      limits,
      diskBytes,
      terminationGracePeriodSeconds: graceSeconds,
      activeDeadlineSeconds: null,
      volumes: [{ name: 'record', emptyDir: { sizeLimit: '1Gi' } }, ...volumes],
      prepareMounts: [{ name: 'record', mountPath: folders.record }],
    },
    context,
  );
}

function planBuildFolders(
  spec: EnvironmentSpec,
  target: BuildTarget,
  installationId: string,
): { mounts: VolumeMount[]; volumes: Volume[] } {
  if (target.kind === 'archive') {
    const sizeLimit = toQuantity(diskBytes);
    return {
      mounts: [
        { name: environmentVolume, mountPath: folders.environment },
        { name: 'cache', mountPath: folders.cache },
      ],
      // Without a claim each build starts with an empty cache.
      volumes: [environmentVolume, 'cache'].map((name) => ({ name, emptyDir: { sizeLimit } })),
    };
  }
  const volume = planVolumePaths(installationId);
  const cache = volume.cache(spec.organizationId, spec.workspaceId, spec.uid);
  return {
    mounts: [
      {
        name: 'claim',
        mountPath: folders.environment,
        subPath: `${volume.environment(target.name)}/files`,
      },
      { name: 'claim', mountPath: folders.cache, subPath: cache },
    ],
    volumes: [],
  };
}
