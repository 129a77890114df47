import { canonicalQuantity, parseQuantity } from '../quantity.ts';
import { badRequest } from '../status-error.ts';
import { allContainers, type Container, type Pod, type Toleration, type Volume } from './pod.ts';

/** Fills in what Kubernetes fills in for a new pod. Returns another object. */
export function withDefaults(pod: Pod): Pod {
  const { spec } = pod;
  const serviceAccount = spec.serviceAccountName ?? spec.serviceAccount ?? 'default';
  const defaulted: Pod = {
    ...pod,
    spec: {
      ...spec,
      ...(spec.volumes && { volumes: spec.volumes.map(defaultVolume) }),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(defaultContainer) }),
      containers: spec.containers.map(defaultContainer),
      restartPolicy: spec.restartPolicy ?? 'Always',
      terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
      dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
      serviceAccountName: serviceAccount,
      serviceAccount,
      securityContext: spec.securityContext ?? {},
      schedulerName: spec.schedulerName ?? 'default-scheduler',
      tolerations: withNodeTolerations(spec.tolerations ?? []),
      priority: spec.priority ?? 0,
      enableServiceLinks: spec.enableServiceLinks ?? true,
      preemptionPolicy: spec.preemptionPolicy ?? 'PreemptLowerPriority',
    },
    // What a client writes into the status of a new pod is dropped.
    status: { phase: 'Pending', qosClass: deriveQosClass(allContainers(spec)) },
  };
  return defaulted;
}

function defaultContainer(container: Container): Container {
  const { image = '', resources = {} } = container;
  const limits = canonical(resources.limits);
  const requests = canonical(resources.requests);
  // A limit without a request is the request, too.
  const allRequests = limits || requests ? { ...limits, ...requests } : undefined;
  return {
    ...container,
    ...(container.ports && { ports: container.ports.map((port) => ({ protocol: 'TCP', ...port })) }),
    ...(container.env && { env: container.env.map(defaultVariable) }),
    resources: { ...(limits && { limits }), ...(allRequests && { requests: allRequests }) },
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
    imagePullPolicy: container.imagePullPolicy ?? (isLatest(image) ? 'Always' : 'IfNotPresent'),
  };
}

const canonical = (amounts: Record<string, string | number> | undefined) =>
  amounts &&
  Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name, requireQuantity(String(amount))]),
  );

/** @throws StatusError 400 */
function requireQuantity(text: string): string {
  if (parseQuantity(text) !== null) return canonicalQuantity(text);
  const pattern = "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  const why = `quantities must match the regular expression ${pattern}`;
  throw badRequest(`Pod in version "v1" cannot be handled as a Pod: ${why}`);
}

function defaultVariable(variable: NonNullable<Container['env']>[number]) {
  const { fieldRef } = variable.valueFrom ?? {};
  if (fieldRef === undefined) return variable;
  return { ...variable, valueFrom: { fieldRef: { apiVersion: 'v1', ...fieldRef } } };
}

function isLatest(image: string): boolean {
  const [, tag = 'latest'] = /:([^/:]+)$/.exec(image.split('@')[0] ?? '') ?? [];
  return tag === 'latest' && !image.includes('@');
}

/** rw-r--r-- */
const fileMode = 420;

function defaultVolume(volume: Volume): Volume {
  const { secret, downwardAPI, projected } = volume;
  const isEmpty = Object.keys(volume).length === 1;
  return {
    ...volume,
    ...(secret && { secret: { defaultMode: fileMode, ...secret } }),
    ...(downwardAPI && { downwardAPI: { defaultMode: fileMode, ...downwardAPI } }),
    ...(projected && { projected: { defaultMode: fileMode, ...projected } }),
    ...(isEmpty && { emptyDir: {} }),
  };
}

/** Pods stay on a node that has a problem for five minutes, unless they say otherwise. */
function withNodeTolerations(tolerations: Toleration[]): Toleration[] {
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((one) => toleratesTaint(one, { key, effect: 'NoExecute' })))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  return [...tolerations, ...added];
}

export function toleratesTaint(
  { key, operator = 'Equal', value = '', effect }: Toleration,
  taint: { key: string; value?: string; effect: string },
): boolean {
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === 'Exists';
  if (key !== taint.key) return false;
  return operator === 'Exists' || value === (taint.value ?? '');
}

function deriveQosClass(containers: Container[]): string {
  const names = ['cpu', 'memory'];
  const has = ({ resources = {} }: Container) =>
    names.some((name) => resources.limits?.[name] ?? resources.requests?.[name]);
  const isFull = ({ resources: { limits = {}, requests = {} } = {} }: Container) =>
    names.every((name) => limits[name] && (requests[name] ?? limits[name]) === limits[name]);
  if (!containers.some(has)) return 'BestEffort';
  return containers.every(isFull) ? 'Guaranteed' : 'Burstable';
}
