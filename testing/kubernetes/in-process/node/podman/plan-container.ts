import type { Container, Pod } from '../../api-server/pods/pod.ts';
import { quantityOf } from '../../api-server/quantity.ts';
import { expandVariables } from './container-environment.ts';

interface ContainerInput {
  pod: Pod;
  container: Container;
  environment: Record<string, string>;
  /** Folders of the pod's volumes, by name. */
  volumes: Map<string, string>;
  /** Receives its termination message. */
  messageFile: string;
  network: string;
  ip: string;
  emptyFolder: string;
  /** A container that has the pod's network already; null for the first. */
  joins: string | null;
}

export const podLabel = 'pumphouse.test-pod';
export const containerLabel = 'pumphouse.test-container';

/** The options of the engine for a container of a pod. Pure. */
export function planContainer(input: ContainerInput) {
  const { pod, container, environment } = input;
  const expand = (texts: string[] | undefined) => texts?.map((text) => expandVariables(text, environment));
  const [command, args] = [expand(container.command), expand(container.args)];
  const { uid } = pod.metadata;
  return {
    name: `${pod.metadata.name}-${container.name}-${uid.slice(0, 8)}`,
    Image: container.image ?? '',
    ...(command && { Entrypoint: command, Cmd: args ?? [] }),
    ...(!command && args && { Cmd: args }),
    ...(container.workingDir && { WorkingDir: container.workingDir }),
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    User: userOf(pod, container),
    Labels: { [podLabel]: uid, [containerLabel]: container.name },
    ...networkOf(input),
    HostConfig: {
      ...planHost(input),
      ...(input.joins !== null && { NetworkMode: `container:${input.joins}` }),
    },
  };
}

function userOf({ spec }: Pod, { securityContext: own = {} }: Container): string {
  const user = own.runAsUser ?? spec.securityContext?.runAsUser;
  if (user === undefined) return '';
  return `${user}:${own.runAsGroup ?? spec.securityContext?.runAsGroup ?? 0}`;
}

/** A pod keeps its address, although each of its init containers has a network of its own. */
function networkOf({ pod, network, ip, joins }: ContainerInput) {
  if (joins !== null) return {};
  return {
    Hostname: pod.spec.hostname ?? pod.metadata.name.slice(0, 63),
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: ip } } } },
  };
}

function planHost(input: ContainerInput) {
  const { pod, container, messageFile, network } = input;
  const { limits = {}, requests = {} } = container.resources ?? {};
  const security = container.securityContext ?? {};
  const { capabilities = {} } = security;
  const { fsGroup, supplementalGroups = [] } = pod.spec.securityContext ?? {};
  const groups = [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])].map(String);
  const memory = quantityOf(limits['memory']);
  const cpus = quantityOf(limits['cpu']);
  const aliases = (pod.spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) =>
    hostnames.map((name) => `${name}:${ip}`),
  );
  return {
    NetworkMode: network,
    Binds: [
      ...(container.volumeMounts ?? []).map((mount) => bindOf(pod, mount, input.volumes)),
      ...bindReadOnly(input),
      `${messageFile}:${container.terminationMessagePath ?? '/dev/termination-log'}:rw`,
    ],
    ReadonlyRootfs: security.readOnlyRootFilesystem === true,
    CapAdd: capabilities.add ?? [],
    CapDrop: capabilities.drop ?? [],
    SecurityOpt: security.allowPrivilegeEscalation === false ? ['no-new-privileges'] : [],
    Privileged: security.privileged === true,
    GroupAdd: groups,
    ExtraHosts: aliases,
    ...(memory > 0 && { Memory: memory, MemorySwap: memory }),
    ...(cpus > 0 && { CpuPeriod: 100_000, CpuQuota: Math.max(1000, Math.round(cpus * 100_000)) }),
    CpuShares: Math.max(2, Math.floor(quantityOf(requests['cpu']) * 1024)),
  };
}

function bindOf(
  pod: Pod,
  { name, mountPath, readOnly, subPath }: NonNullable<Container['volumeMounts']>[number],
  volumes: Map<string, string>,
): string {
  const volume = pod.spec.volumes?.find((one) => one.name === name);
  // Kubernetes writes into these itself, so containers may not.
  const isGenerated = Boolean(volume?.secret ?? volume?.downwardAPI ?? volume?.projected);
  const isReadOnly = readOnly === true || isGenerated || volume?.persistentVolumeClaim?.readOnly === true;
  const source = [volumes.get(name) ?? '', ...(subPath ? [subPath] : [])].join('/');
  return `${source}:${mountPath}:${isReadOnly ? 'ro' : 'rw'}`;
}

/** Podman makes these writable in a read-only container, which Kubernetes does not. */
const podmanTemporary = ['/tmp', '/run', '/var/tmp'];

function bindReadOnly({ container, emptyFolder }: ContainerInput): string[] {
  if (container.securityContext?.readOnlyRootFilesystem !== true) return [];
  const mounted = (container.volumeMounts ?? []).map(({ mountPath }) => mountPath);
  return podmanTemporary.filter((path) => !mounted.includes(path)).map((path) => `${emptyFolder}:${path}:ro`);
}
