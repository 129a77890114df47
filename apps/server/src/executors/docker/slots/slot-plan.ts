/** Plans containers that wait for an attempt. Pure. */
import { COMMON_MODULES } from '../../common-modules.ts';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import {
  describeMachine,
  planBootstrap,
  planRecord,
  planWork,
  type AttemptContainerContext,
  type ClosedMachine,
  type ContainerPlan,
} from '../container-plan.ts';
import type { Owner, PlacedFile } from '../files.ts';
import { folders, labels, labelsOf, programs, slotName } from '../names.ts';

/** What the container of an attempt cannot change once it exists. Attempts with the same can use it. */
export interface SlotScope extends Pick<
  AttemptSpec,
  'installationId' | 'attemptsUrl' | 'environment' | 'workFolderName' | 'uid' | 'limits'
> {
  localData: { workspaceId: string; profile: string; access: 'read-write' };
}

/** Null for an attempt that no slot can serve: an app, whose network and local data are its own. */
export function readScope({
  installationId,
  attemptsUrl,
  environment,
  workFolderName,
  uid,
  limits,
  localData,
  network,
}: AttemptSpec): SlotScope | null {
  if (network !== 'outgoing' || localData?.access !== 'read-write') return null;
  return { installationId, attemptsUrl, environment, workFolderName, uid, limits, localData };
}

/** Equal for scopes that are equal. */
export function nameScope({ environment, limits, localData, ...scope }: SlotScope): string {
  const { installationId, attemptsUrl, workFolderName, uid } = scope;
  const { memoryBytes, cpus, processes } = limits;
  const data = [environment.executor, environment.path, localData.workspaceId, localData.profile];
  const container = [installationId, attemptsUrl, workFolderName, uid, memoryBytes, cpus, processes];
  return [...data, ...container].join('\0');
}

export function planSlot(slotId: string, scope: SlotScope, context: AttemptContainerContext): ContainerPlan {
  const plan = planBootstrap(
    {
      name: slotName(slotId),
      arguments: ['--slot', `${folders.record}/slot.json`],
      labels: labelsOf(scope.installationId, 'slot', { [labels.slot]: slotId }),
      limits: scope.limits,
    },
    context,
  );
  return { ...plan, hasInput: true };
}

export function planSlotFiles(
  scope: SlotScope,
  machine: ClosedMachine,
): { files: PlacedFile[]; owner: Owner } {
  const owner = { uid: scope.uid, gid: scope.uid };
  const input = {
    attempts_url: scope.attemptsUrl,
    bootstrap_inside: programs.bootstrap,
    environment: folders.virtualEnvironment,
    modules: COMMON_MODULES,
    drop_to: owner,
    machine: describeMachine(machine),
  };
  return { files: [...planRecord('slot.json', input), ...planWork(scope.workFolderName)], owner };
}
