import type { TestCluster } from './cluster.ts';

/** The kubeconfig of the server's service account. */
export function describeKubeconfig({ connection }: Pick<TestCluster, 'connection'>): object {
  const { apiUrl, caCertificate, token, namespace } = connection;
  const authority = Buffer.from(caCertificate).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: apiUrl, 'certificate-authority-data': authority } }],
    users: [{ name: 'server', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'server', namespace } }],
    'current-context': 'test',
  };
}
