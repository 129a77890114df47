import { eventually } from '../../fixtures/eventually.ts';
import { serverRules } from '../server-role.ts';
import type { KubeClient } from './kube-client.ts';

export const namespace = 'pumphouse';
export const volumeClaim = 'pumphouse-shared';
const account = 'pumphouse-server';
const tokenSeconds = 24 * 60 * 60;

/**
 * Creates the namespace, the server's service account with its role, and a volume that all nodes share.
 * @param sharedFolder a folder of this machine, visible on all nodes
 * @returns the token of the service account
 */
export async function createTestNamespace(admin: KubeClient, sharedFolder: string): Promise<string> {
  const core = `/api/v1/namespaces/${namespace}`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const group = 'rbac.authorization.k8s.io';
  const level = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await admin.call('POST', '/api/v1/namespaces', { metadata: { name: namespace, labels: level } });
  await admin.call('POST', `${core}/serviceaccounts`, { metadata: { name: account } });
  await admin.call('POST', `${rbac}/roles`, { metadata: { name: account }, rules: serverRules });
  await admin.call('POST', `${rbac}/rolebindings`, {
    metadata: { name: account },
    roleRef: { apiGroup: group, kind: 'Role', name: account },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  });
  await createVolume(admin, sharedFolder);
  // Pods are refused until the namespace has its default account.
  await eventually('the namespace had its default service account', () =>
    isThere(admin, `${core}/serviceaccounts/default`),
  );
  const request = { spec: { expirationSeconds: tokenSeconds } };
  const { status } = await admin.call<{ status: { token: string } }>(
    'POST',
    `${core}/serviceaccounts/${account}/token`,
    request,
  );
  return status.token;
}

async function createVolume(admin: KubeClient, path: string): Promise<void> {
  const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  const accessModes = ['ReadWriteMany'];
  await admin.call('POST', '/api/v1/persistentvolumes', {
    metadata: { name: volumeClaim },
    spec: { capacity: { storage: '10Gi' }, accessModes, hostPath: { path }, storageClassName: '' },
  });
  await admin.call('POST', claims, {
    metadata: { name: volumeClaim },
    spec: {
      accessModes,
      storageClassName: '',
      volumeName: volumeClaim,
      resources: { requests: { storage: '10Gi' } },
    },
  });
  await eventually('the volume claim was bound', async () => {
    const { status } = await admin.call<{ status: { phase: string } }>('GET', `${claims}/${volumeClaim}`);
    return status.phase === 'Bound';
  });
}

async function isThere(admin: KubeClient, path: string): Promise<boolean> {
  return (await admin.ask('GET', path)).status === 200;
}
