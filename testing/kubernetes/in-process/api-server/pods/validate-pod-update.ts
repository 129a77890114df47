import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../status-error.ts';
import type { Container, Pod, PodSpec } from './pod.ts';

const immutableText =
  'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** What is wrong with a changed pod: almost nothing of its spec may change. */
export function validatePodUpdate(previous: Pod, pod: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const [before, after] = [previous.spec.activeDeadlineSeconds, pod.spec.activeDeadlineSeconds];
  if (before !== undefined && (after === undefined || after > before)) {
    const why =
      after === undefined
        ? 'must not update from a positive integer to nil value'
        : `must be less than or equal to previous value`;
    const message = `Invalid value: ${after ?? 'null'}: ${why}`;
    errors.push({ reason: 'FieldValueInvalid', field: 'spec.activeDeadlineSeconds', message });
  }
  if (
    !isDeepStrictEqual(withoutMutable(previous.spec), withoutMutable(pod.spec)) ||
    losesToleration(previous, pod)
  )
    errors.push({ reason: 'FieldValueForbidden', field: 'spec', message: immutableText });
  return errors;
}

function withoutMutable({ activeDeadlineSeconds: _1, tolerations: _2, ...spec }: PodSpec): unknown {
  const withoutImage = (container: Container) => ({ ...container, image: '' });
  return JSON.parse(
    JSON.stringify({
      ...spec,
      containers: spec.containers.map(withoutImage),
      initContainers: spec.initContainers?.map(withoutImage) ?? [],
    }),
  );
}

function losesToleration(previous: Pod, pod: Pod): boolean {
  const kept = pod.spec.tolerations ?? [];
  return (previous.spec.tolerations ?? []).some(
    (one) => !kept.some((other) => isDeepStrictEqual(one, other)),
  );
}
