import { allContainers, type ContainerStatus, type Pod } from './pods/pod.ts';
import { badRequest } from './status-error.ts';
import type { LogOptions } from './pod-actions.ts';

/**
 * Reads which part of which container's log a request wants.
 * @throws StatusError 400 if the container has no log (yet)
 */
export function parseLogOptions(pod: Pod, query: URLSearchParams): LogOptions {
  const container = query.get('container') || onlyContainer(pod);
  const isThere = allContainers(pod.spec).some(({ name }) => name === container);
  const podName = pod.metadata.name;
  if (!isThere) throw badRequest(`container ${container} is not valid for pod ${podName}`);
  const status = statusesOf(pod).find(({ name }) => name === container);
  const { waiting } = status?.state ?? {};
  if (waiting !== undefined) {
    const why = `is waiting to start: ${waiting.message ?? waiting.reason}`;
    throw badRequest(`container "${container}" in pod "${podName}" ${why}`);
  }
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
  return {
    container,
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    sinceSeconds: number('sinceSeconds'),
    hasTimestamps: query.get('timestamps') === 'true',
    follows: query.get('follow') === 'true',
  };
}

function onlyContainer({ metadata, spec }: Pod): string {
  const names = spec.containers.map(({ name }) => name);
  const [first = ''] = names;
  if (names.length === 1) return first;
  const inits = (spec.initContainers ?? []).map(({ name }) => name);
  const choice = `choose one of: [${names.join(' ')}]`;
  const orInit = inits.length === 0 ? '' : ` or one of the init containers: [${inits.join(' ')}]`;
  throw badRequest(`a container name must be specified for pod ${metadata.name}, ${choice}${orInit}`);
}

const statusesOf = ({ status }: Pod): ContainerStatus[] => [
  ...(status.initContainerStatuses ?? []),
  ...(status.containerStatuses ?? []),
];
