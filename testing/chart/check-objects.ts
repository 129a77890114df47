/** Finds what is wrong with the objects of a rendered chart, one sentence each; empty if nothing is. */
import { findSettingProblems } from './check-settings.ts';
import { executorRules } from '../kubernetes/server-role.ts';
import { isSelected, listPods, ofKind, type KubeObject, type Pod, type Selector } from './objects.ts';

export function findProblems(objects: readonly KubeObject[]): string[] {
  return [
    ...findNameProblems(objects),
    ...listPods(objects).flatMap((pod) => [
      ...findSecurityProblems(pod),
      ...findContainerProblems(pod),
      ...findTokenProblems(pod),
      ...findVolumeProblems(pod, objects),
      ...findPolicyProblems(pod, objects),
    ]),
    ...findRightsProblems(objects),
    ...findSelectorProblems(objects),
    ...findBackendProblems(objects),
    ...findRunsPolicyProblems(objects),
  ];
}

const describe = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.name}`;

function findNameProblems(objects: readonly KubeObject[]): string[] {
  const ids = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id}: exists twice`),
    ...objects
      .filter(({ metadata }) => metadata.name.length > 63)
      .map((object) => `${describe(object)}: long name`),
    // Secrets are never values, so the chart has none to render.
    ...ofKind(objects, 'Secret').map((object) => `${describe(object)}: is in the chart`),
    ...objects
      .filter(({ kind, metadata }) => kind !== 'Namespace' && !metadata.namespace)
      .map((object) => `${describe(object)}: has no namespace`),
    ...ofKind(objects, 'Namespace')
      .filter(({ metadata }) => metadata.labels?.['pod-security.kubernetes.io/enforce'] !== 'restricted')
      .map((object) => `${describe(object)}: is not restricted`),
  ];
}

const restrictedVolumes = ['configMap', 'emptyDir', 'persistentVolumeClaim', 'projected', 'secret'];
const hostFields = ['hostNetwork', 'hostPID', 'hostIPC', 'hostUsers'];

/** The Pod Security level `restricted`, and a read-only root. */
function findSecurityProblems({ owner, spec }: Pod): string[] {
  const problem = (text: string) => `${describe(owner)}: ${text}`;
  const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext ?? {};
  const profile = (seccompProfile as { type?: string } | undefined)?.type;
  const isUnprivileged = runAsNonRoot === true && runAsUser !== 0 && profile === 'RuntimeDefault';
  const volumes = spec.volumes ?? [];
  return [
    ...(isUnprivileged ? [] : [problem('its user or its system calls are not restricted')]),
    ...hostFields.filter((field) => field in spec).map((field) => problem(`sets ${field}`)),
    ...volumes
      .filter((volume) => !restrictedVolumes.some((type) => type in volume))
      .map(({ name }) => problem(`volume ${name} is of a type that is not restricted`)),
    ...[...(spec.initContainers ?? []), ...spec.containers]
      .filter(({ securityContext }) => !isRestricted(securityContext ?? {}))
      .map(({ name }) => problem(`container ${name} is not restricted`)),
  ];
}

function isRestricted(context: Record<string, unknown>): boolean {
  const expected = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
  const sorted = (value: object) =>
    JSON.stringify(Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other)));
  return sorted(context) === sorted(expected);
}

const amounts = ['cpu', 'memory', 'ephemeral-storage'];
const probePaths = {
  startupProbe: '/healthz',
  livenessProbe: '/healthz',
  readinessProbe: '/readyz',
} as const;
/** Time that a server gets to stop after the delay. */
const minStopSeconds = 30;

function findContainerProblems({ owner, spec }: Pod): string[] {
  return spec.containers.flatMap((container) => {
    const problem = (text: string) => `${describe(owner)}: container ${container.name} ${text}`;
    const problems = (['requests', 'limits'] as const).flatMap((kind) =>
      amounts
        .filter((amount) => !container.resources?.[kind]?.[amount])
        .map((amount) => problem(`has no ${amount} in its ${kind}`)),
    );
    problems.push(...findSettingProblems(container).map(problem));
    if (spec.enableServiceLinks !== false)
      problems.push(problem('gets variables of Services, which look like settings'));
    if (owner.kind !== 'Deployment') return problems;
    for (const [probe, path] of Object.entries(probePaths)) {
      if (container[probe as keyof typeof probePaths]?.httpGet.path !== path)
        problems.push(problem(`has no ${probe} of ${path}`));
    }
    const delay = Number(container.lifecycle?.preStop.exec.command.at(-1));
    if (!((spec.terminationGracePeriodSeconds ?? 0) >= delay + minStopSeconds))
      problems.push(problem('is killed while it stops'));
    return problems;
  });
}

const componentOf = (labels: Record<string, string>) => labels['app.kubernetes.io/component'] ?? '';
const withToken = ['server', 'supervisor'];

/** Only what executes runs may talk to the API server of the cluster. */
function findTokenProblems({ owner, labels, spec }: Pod): string[] {
  const expected = withToken.includes(componentOf(labels));
  if (spec.automountServiceAccountToken !== expected)
    return [`${describe(owner)}: token ${expected ? 'missing' : 'mounted'}`];
  const hasRights = spec.serviceAccountName?.endsWith('-supervisor') ?? false;
  return hasRights === expected ? [] : [`${describe(owner)}: has the wrong service account`];
}

/** A claim or ConfigMap with the name of the release is the chart's own, so it must be rendered. */
function findVolumeProblems({ owner, spec }: Pod, objects: readonly KubeObject[]): string[] {
  const wanted = (spec.volumes ?? []).flatMap(({ persistentVolumeClaim, configMap }) => {
    const claim = (persistentVolumeClaim as { claimName: string } | undefined)?.claimName;
    const map = (configMap as { name: string } | undefined)?.name;
    return [...(claim ? [`PersistentVolumeClaim ${claim}`] : []), ...(map ? [`ConfigMap ${map}`] : [])];
  });
  const existing = new Set(
    objects.filter(({ metadata }) => metadata.namespace === owner.metadata.namespace).map(describe),
  );
  return wanted
    .filter((name) => / pumphouse-/.test(name) && !existing.has(name))
    .map((name) => `${describe(owner)}: mounts ${name}, which does not exist`);
}

function findPolicyProblems({ owner, labels }: Pod, objects: readonly KubeObject[]): string[] {
  const policies = ofKind(objects, 'NetworkPolicy').filter(
    ({ metadata, spec }) =>
      metadata.namespace === owner.metadata.namespace &&
      isSelected(labels, spec.podSelector ?? {}) &&
      spec.policyTypes?.join() === 'Ingress,Egress',
  );
  if (policies.length !== 1) return [`${describe(owner)}: has ${policies.length} network policies`];
  const hasPort = (port: number) =>
    policies.some(({ spec }) =>
      (spec.egress ?? []).some(({ ports }) => (ports ?? []).some((one) => one.port === port)),
    );
  return hasPort(6443) === withToken.includes(componentOf(labels))
    ? []
    : [`${describe(owner)}: its policy is wrong about the API server`];
}

/** What the executor needs (docs/operate/kubernetes.md), and nothing else: it looks at the claim if there is one. */
function listExpectedRights(objects: readonly KubeObject[]): string[] {
  const hasClaim = JSON.stringify(objects).includes('PUMPHOUSE_KUBERNETES_VOLUME_CLAIM');
  return executorRules
    .filter(({ resources }) => hasClaim || !resources.includes('persistentvolumeclaims'))
    .map(({ resources, verbs }) => `${resources.join(' ')}: ${verbs.join(' ')}`);
}

function findRightsProblems(objects: readonly KubeObject[]): string[] {
  const roles = objects.filter(({ kind }) => kind.endsWith('Role'));
  const rights = (roles[0]?.rules ?? []).map(
    ({ resources, verbs }) => `${resources.join(' ')}: ${verbs.join(' ')}`,
  );
  const accounts = ofKind(objects, 'ServiceAccount');
  const bound = ofKind(objects, 'RoleBinding').flatMap(({ subjects }) =>
    (subjects ?? []).map(({ name }) => name),
  );
  return [
    ...(roles.map(({ kind }) => kind).join() === 'Role' ? [] : ['there is not exactly one Role']),
    ...(rights.join('\n') === listExpectedRights(objects).join('\n')
      ? []
      : ['the Role has other rights than the executor needs']),
    ...(bound.join() === 'pumphouse-supervisor' ? [] : [`the Role is bound to ${bound.join()}`]),
    ...accounts
      .filter((account) => account.automountServiceAccountToken !== false)
      .map((account) => `${describe(account)}: gives its token to every pod`),
    ...ofKind(objects, 'ClusterRoleBinding').map(
      (object) => `${describe(object)}: gives rights in the cluster`,
    ),
  ];
}

/** Each selector must match a pod, and that of a Deployment its own. */
function findSelectorProblems(objects: readonly KubeObject[]): string[] {
  const pods = listPods(objects);
  const selecting = objects.flatMap((object): [KubeObject, Selector][] => {
    const { selector, podSelector } = object.spec ?? {};
    if (object.kind === 'Service') return [[object, { matchLabels: selector as Record<string, string> }]];
    // Pods of runs are not in the chart.
    if (podSelector) return object.metadata.namespace === 'pumphouse' ? [[object, podSelector]] : [];
    return selector && 'matchLabels' in selector ? [[object, selector]] : [];
  });
  return selecting
    .filter(
      ([object, selector]) =>
        !pods.some(
          ({ owner, labels }) =>
            owner.metadata.namespace === object.metadata.namespace &&
            (object.kind !== 'Deployment' || owner === object) &&
            isSelected(labels, selector),
        ),
    )
    .map(([object]) => `${describe(object)}: selects no pod`);
}

/** Routes must lead to Services, Services to ports of their pods, an autoscaler to a Deployment. */
function findBackendProblems(objects: readonly KubeObject[]): string[] {
  const services = ofKind(objects, 'Service');
  const hasPort = (name: string, port: number | { name: string }) =>
    services.some(
      ({ metadata, spec }) =>
        metadata.name === name &&
        spec.ports?.some((one) => (typeof port === 'number' ? one.port === port : one.name === port.name)),
    );
  const routes = objects.flatMap((object) =>
    (object.spec?.rules ?? [])
      .flatMap(({ http, backendRefs }) => [
        ...(http?.paths ?? []).map(({ backend }) => backend.service),
        ...(backendRefs ?? []),
      ])
      .filter(({ name, port }) => !hasPort(name, port))
      .map(({ name }) => `${describe(object)}: leads to Service ${name}, which lacks that port`),
  );
  const ports = services.flatMap((service) =>
    (service.spec.ports ?? [])
      .filter(({ targetPort }) =>
        listPods(objects)
          .filter(({ labels }) =>
            isSelected(labels, { matchLabels: service.spec.selector as Record<string, string> }),
          )
          .some(({ spec }) => !spec.containers[0]?.ports?.some(({ name }) => name === targetPort)),
      )
      .map(({ targetPort }) => `${describe(service)}: its pods have no port ${targetPort}`),
  );
  const scaled = ofKind(objects, 'HorizontalPodAutoscaler')
    .filter(({ spec }) => {
      const target = ofKind(objects, 'Deployment').find(
        ({ metadata }) => metadata.name === spec.scaleTargetRef?.name,
      );
      return target === undefined || target.spec.replicas !== undefined;
    })
    .map((object) => `${describe(object)}: scales no Deployment, or one with a fixed number`);
  return [...routes, ...ports, ...scaled];
}

/** Runs may reach name servers, the server's port for runs and the internet; nothing may connect to them. */
function findRunsPolicyProblems(objects: readonly KubeObject[]): string[] {
  const policy = ofKind(objects, 'NetworkPolicy').find(({ spec }) => !spec.podSelector?.matchLabels);
  if (!policy) return ['runs have no network policy'];
  const { ingress = [], egress = [] } = policy.spec;
  const blocks = egress.flatMap(({ to }) => (to ?? []).flatMap(({ ipBlock }) => (ipBlock ? [ipBlock] : [])));
  const open = blocks.find(({ cidr }) => cidr === '0.0.0.0/0');
  const needed = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'];
  const problem = (text: string) => `${describe(policy)}: ${text}`;
  return [
    ...(ingress.length === 0 ? [] : [problem('lets connections in')]),
    ...needed
      .filter((network) => !open?.except?.includes(network))
      .map((network) => problem(`allows ${network}`)),
    ...egress.filter(({ to }) => !to).map(() => problem('has a rule for every address')),
  ];
}
