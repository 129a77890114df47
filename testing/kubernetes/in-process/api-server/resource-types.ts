import type { ResourceType } from './kube-object.ts';

const core = { group: '', version: 'v1', isNamespaced: true, hasGeneration: false, returnsDeleted: false };

function type(own: Pick<ResourceType, 'resource' | 'kind'> & Partial<ResourceType>): ResourceType {
  return { ...core, shortNames: [], subresources: [], ...own };
}

export const pods = type({
  resource: 'pods',
  kind: 'Pod',
  shortNames: ['po'],
  subresources: ['status', 'log', 'eviction'],
  hasGeneration: true,
  returnsDeleted: true,
});
export const secrets = type({ resource: 'secrets', kind: 'Secret' });
const configMaps = type({ resource: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'] });
const services = type({
  resource: 'services',
  kind: 'Service',
  shortNames: ['svc'],
  subresources: ['status'],
  returnsDeleted: true,
});
export const events = type({ resource: 'events', kind: 'Event', shortNames: ['ev'] });
export const nodes = type({
  resource: 'nodes',
  kind: 'Node',
  isNamespaced: false,
  shortNames: ['no'],
  subresources: ['status'],
});
export const namespaces = type({
  resource: 'namespaces',
  kind: 'Namespace',
  isNamespaced: false,
  shortNames: ['ns'],
  subresources: ['status'],
});
export const resourceQuotas = type({
  resource: 'resourcequotas',
  kind: 'ResourceQuota',
  shortNames: ['quota'],
  subresources: ['status'],
  returnsDeleted: true,
});
export const persistentVolumeClaims = type({
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  shortNames: ['pvc'],
  subresources: ['status'],
  returnsDeleted: true,
});
export const serviceAccounts = type({
  resource: 'serviceaccounts',
  kind: 'ServiceAccount',
  shortNames: ['sa'],
  returnsDeleted: true,
});
export const networkPolicies = type({
  group: 'networking.k8s.io',
  resource: 'networkpolicies',
  kind: 'NetworkPolicy',
  shortNames: ['netpol'],
  hasGeneration: true,
});
export const priorityClasses = type({
  group: 'scheduling.k8s.io',
  resource: 'priorityclasses',
  kind: 'PriorityClass',
  isNamespaced: false,
  shortNames: ['pc'],
  hasGeneration: true,
});
export const runtimeClasses = type({
  group: 'node.k8s.io',
  resource: 'runtimeclasses',
  kind: 'RuntimeClass',
  isNamespaced: false,
});

export const resourceTypes: ResourceType[] = [
  pods,
  secrets,
  configMaps,
  services,
  events,
  nodes,
  namespaces,
  resourceQuotas,
  persistentVolumeClaims,
  serviceAccounts,
  networkPolicies,
  priorityClasses,
  runtimeClasses,
];

export function findResourceType(group: string, version: string, resource: string): ResourceType | undefined {
  return resourceTypes.find(
    (type) => type.group === group && type.version === version && type.resource === resource,
  );
}
