import { apiVersionOf } from './kube-object.ts';
import { resourceTypes } from './resource-types.ts';

/** What the server says that it is. */
const serverVersion = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0-pumphouse',
  gitCommit: '0'.repeat(40),
  gitTreeState: 'clean',
  buildDate: '2025-01-01T00:00:00Z',
  goVersion: 'go1.24',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Responses to requests about the API itself, by path. */
export function discover(path: string): object | string | undefined {
  const pages: Record<string, object | string> = {
    '/version': serverVersion,
    '/healthz': 'ok',
    '/livez': 'ok',
    '/readyz': 'ok',
    '/api': {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' }],
    },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames.map(describeGroup) },
    '/api/v1': describeResources('', 'v1'),
  };
  for (const group of groupNames) {
    pages[`/apis/${group}`] = { ...describeGroup(group), kind: 'APIGroup', apiVersion: 'v1' };
    pages[`/apis/${group}/v1`] = describeResources(group, 'v1');
  }
  return pages[path];
}

const reviews = 'authorization.k8s.io';
const groupNames = [...new Set([...resourceTypes.map(({ group }) => group).filter(Boolean), reviews])];

function describeGroup(name: string) {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function describeResources(group: string, version: string) {
  const types = resourceTypes.filter((type) => type.group === group && type.version === version);
  const listed = types.flatMap((type) => [
    {
      name: type.resource,
      singularName: type.kind.toLowerCase(),
      namespaced: type.isNamespaced,
      kind: type.kind,
      verbs,
      ...(type.shortNames.length > 0 && { shortNames: type.shortNames }),
    },
    ...type.subresources.map((name) => ({
      name: `${type.resource}/${name}`,
      singularName: '',
      namespaced: type.isNamespaced,
      kind: name === 'eviction' ? 'Eviction' : type.kind,
      verbs: name === 'eviction' ? ['create'] : name === 'log' ? ['get'] : ['get', 'patch', 'update'],
    })),
  ]);
  const review = {
    name: 'selfsubjectaccessreviews',
    singularName: 'selfsubjectaccessreview',
    namespaced: false,
    kind: 'SelfSubjectAccessReview',
    verbs: ['create'],
  };
  return {
    kind: 'APIResourceList',
    // The core group's list has no version of its own.
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: group === reviews ? [review] : listed,
  };
}
