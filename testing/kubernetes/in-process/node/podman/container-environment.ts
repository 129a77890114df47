import type { ClusterState } from '../../api-server/cluster-state.ts';
import type { Container, EnvironmentVariable, Pod } from '../../api-server/pods/pod.ts';
import { quantityOf } from '../../api-server/quantity.ts';
import * as types from '../../api-server/resource-types.ts';
import { ContainerProblem } from '../container-runtime.ts';
import { readPodField } from './pod-fields.ts';

/** What a container's variables are read from. */
interface VariableSource {
  state: ClusterState;
  pod: Pod;
  container: Container;
  podIP: string;
  hostIP: string;
}

/**
 * Reads a container's variables.
 * @throws ContainerProblem CreateContainerConfigError if a secret is missing
 */
export function readEnvironment(source: VariableSource): Record<string, string> {
  const values: Record<string, string> = {};
  for (const variable of source.container.env ?? []) {
    const value = readVariable(source, variable, values);
    if (value !== undefined) values[variable.name] = value;
  }
  return values;
}

function readVariable(
  { state, pod, container, podIP, hostIP }: VariableSource,
  { value = '', valueFrom }: EnvironmentVariable,
  before: Record<string, string>,
): string | undefined {
  if (valueFrom === undefined) return expandVariables(value, before);
  const { secretKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  if (fieldRef !== undefined) {
    if (fieldRef.fieldPath === 'status.podIP') return podIP;
    if (fieldRef.fieldPath === 'status.hostIP') return hostIP;
    return readPodField(pod, fieldRef.fieldPath);
  }
  if (resourceFieldRef !== undefined) {
    const [kind, name = ''] = resourceFieldRef.resource.split('.');
    const amounts = container.resources?.[kind as 'limits' | 'requests'];
    return String(Math.ceil(quantityOf(amounts?.[name])));
  }
  if (secretKeyRef === undefined) return undefined;
  const { name, key, optional } = secretKeyRef;
  const secret = state.store.find(types.secrets, pod.metadata.namespace, name);
  const data = (secret?.['data'] ?? {}) as Record<string, string>;
  if (data[key] !== undefined) return Buffer.from(data[key], 'base64').toString();
  if (optional === true) return undefined;
  const missing =
    secret === undefined
      ? `secret "${name}" not found`
      : `couldn't find key ${key} in Secret ${pod.metadata.namespace}/${name}`;
  throw new ContainerProblem('CreateContainerConfigError', missing);
}

/** Replaces `$(NAME)` by a variable's value; `$$` stands for `$`. */
export function expandVariables(text: string, values: Record<string, string>): string {
  return text.replaceAll(/\$(\$|\(([^)]+)\))/g, (all, escaped: string, name: string | undefined) =>
    escaped === '$' ? '$' : (values[name ?? ''] ?? all),
  );
}
