/** Plans the pods that build environments and what their `prepare` does. Pure. */
import { randomUUID } from 'node:crypto';
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import type { EnvironmentSpec } from '../contract/environment-builder.ts';
import { planBuildFiles, planBuildSteps, planBuildVariables, type BuildStep } from '../environment-steps.ts';
import type { Pod } from './kube-objects.ts';
import {
  annotations,
  bootstrapFolder,
  folders,
  labels,
  labelsOf,
  python,
  shortInstallation,
} from './names.ts';
import { chooseImage, gibibyte, planPod, type PodContext, type PreparationPlan } from './pod-plan.ts';
import { planVolumePaths } from './volume-paths.ts';

const diskBytes = 20 * gibibyte;
const graceSeconds = 2;

const paths = {
  environment: folders.virtualEnvironment,
  cache: folders.cache,
  requirements: `${folders.record}/requirements.txt`,
  excludes: `${folders.record}/excludes.txt`,
  // `prepare` finds the programs of the image.
  uv: '{uv}',
  hooks: `${bootstrapFolder}/environment_hooks`,
};
const certificateBundle = '/etc/ssl/certs/ca-certificates.crt';

export function planEnvironmentSteps({ requirements }: EnvironmentSpec): BuildStep[] {
  return planBuildSteps(paths, '{python}', requirements);
}

/** Plans the secret of a build's pod. */
export function planBuildPreparation(
  installationId: string,
  spec: EnvironmentSpec,
  name: string,
): PreparationPlan {
  const volume = planVolumePaths(installationId);
  const { requirements, excludes } = planBuildFiles(spec.requirements);
  return {
    files: [
      { path: paths.requirements, content: requirements },
      { path: paths.excludes, content: excludes },
      {
        path: `${folders.record}/build.json`,
        content: {
          machine: null,
          drop_to: null,
          steps: planEnvironmentSteps(spec),
          variables: planBuildVariables(spec, paths, certificateBundle),
          masked_values: spec.maskedValues,
        },
      },
      { path: `${folders.volume}/${volume.environment(name)}/key`, content: spec.key },
    ],
    folders: [],
    volume: {
      root: volume.root,
      shared: [volume.environments, `${volume.root}/caches`, `${volume.root}/caches/${spec.organizationId}`],
      own: [
        `${volume.environment(name)}/files`,
        volume.cache(spec.organizationId, spec.workspaceId, spec.uid),
      ],
      required: null,
      copy: null,
    },
    python: spec.pythonVersion,
  };
}

export function planBuildPod(
  spec: EnvironmentSpec,
  name: string,
  { context, limits }: { context: PodContext; limits: AttemptLimits },
): Pod {
  const { installationId } = context;
  const volume = planVolumePaths(installationId);
  const cache = volume.cache(spec.organizationId, spec.workspaceId, spec.uid);
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
      mounts: [
        { name: 'record', mountPath: folders.record },
        { name: 'claim', mountPath: folders.environment, subPath: `${volume.environment(name)}/files` },
        { name: 'claim', mountPath: folders.cache, subPath: cache },
      ],
      limits,
      diskBytes,
      terminationGracePeriodSeconds: graceSeconds,
      activeDeadlineSeconds: null,
      volumes: [{ name: 'record', emptyDir: { sizeLimit: '1Gi' } }],
      prepareMounts: [{ name: 'record', mountPath: folders.record }],
    },
    context,
  );
}
