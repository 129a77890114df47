/** Plans short pods, which run programs of Pumphouse on the whole claim. Pure. */
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import type { Container, Pod } from './kube-objects.ts';
import { containers, folders, python } from './names.ts';
import {
  chooseImage,
  gibibyte,
  mebibyte,
  planClaimMounts,
  planCommonVolumes,
  planContainer,
  planObject,
  planResources,
  planSecurity,
  unpackBootstrap,
  type PodContext,
} from './pod-plan.ts';

/** Plans a pod with one container, which sees the whole claim and runs a program of Pumphouse. */
export function planClaimPod(
  input: {
    name: string;
    labels: Record<string, string>;
    uid: number;
    action: string;
    given: object;
    maxSeconds: number;
  },
  context: PodContext,
): Pod {
  const resources = planResources(claimProgramLimits, claimProgramDiskBytes);
  const program: Container = {
    ...planContainer(chooseImage(context.image, defaultPython), resources),
    name: containers.run,
    command: [python, '-I', '-S', '-c', claimProgram, input.action, JSON.stringify(input.given)],
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'bootstrap', mountPath: folders.archive, readOnly: true },
      { name: 'code', mountPath: folders.code },
      ...planClaimMounts(context),
    ],
  };
  return planObject(
    { ...input, annotations: {} },
    {
      ...planSecurity(input.uid),
      terminationGracePeriodSeconds: 1,
      activeDeadlineSeconds: input.maxSeconds,
      containers: [program],
      volumes: planCommonVolumes(context),
    },
    context,
  );
}

const claimProgramLimits: AttemptLimits = { memoryBytes: 256 * mebibyte, cpus: null, processes: null };
const claimProgramDiskBytes = gibibyte;
/** Programs on the claim run with any Python. */
const defaultPython = '3.13';

const claimProgram = [
  ...unpackBootstrap,
  'from pumphouse_bootstrap.claim_program import main',
  'main(sys.argv[1], sys.argv[2])',
].join('\n');
