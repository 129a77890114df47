/** Reads the operator's patches of pods, and checks them with a pod like those of runs. */
import { z } from 'zod';
import { INSTANCE_SIZES, type InstanceSize } from '../../domain/jobs/job-definition.ts';
import { patchPod, PodPatchError, type PodPatch, type PodPatches } from './patch-pod.ts';
import { planAttemptPod } from './attempt-pod.ts';

const patchSchema: z.ZodType<PodPatch> = z.record(z.string(), z.unknown());

const patchesSchema = z.strictObject({
  pods: patchSchema.default({}),
  sizes: z.partialRecord(z.enum(INSTANCE_SIZES), patchSchema).default({}),
  workspaces: z.record(z.string(), patchSchema).default({}),
});

/** @throws PodPatchError */
export function readPodPatches(document: unknown): PodPatches {
  const parsed = patchesSchema.safeParse(document ?? {});
  if (!parsed.success)
    throw new PodPatchError(
      `It must have the fields pods, sizes and workspaces, each with parts of a pod: ${z.prettifyError(parsed.error)}`,
    );
  const patches = parsed.data;
  check(patches, null, null);
  for (const size of INSTANCE_SIZES) if (patches.sizes[size]) check(patches, size, null);
  for (const workspaceId of Object.keys(patches.workspaces)) check(patches, null, workspaceId);
  return patches;
}

function check(patches: PodPatches, size: InstanceSize | null, workspaceId: string | null): void {
  patchPod(samplePod, patches, { size, workspaceId });
}

const samplePod = planAttemptPod(
  {
    attemptId: 'attempt',
    jobRunId: 'run',
    installationId: 'installation',
    claimNumber: 1,
    attemptsUrl: 'http://server',
    bootstrapSecret: '',
    environment: { executor: 'kubernetes', path: 'key-00000000-3.13-1' },
    workFolderName: 'workspace',
    localData: { workspaceId: 'workspace', profile: 'prod', access: 'read-write' },
    uid: 1,
    limits: { memoryBytes: 1, cpus: 1, processes: 1 },
    instanceSize: 'small',
    graceSeconds: 1,
    timeoutSeconds: 1,
    network: 'outgoing',
  },
  {
    namespace: 'n',
    installationId: 'installation',
    volumeClaim: 'c',
    image: 'i',
    bootstrapSecret: 's',
  },
);
